import { recordedStand } from './dingtalk/recorded.ts';
import { clientContract } from './dingtalk/suite.ts';

clientContract('recorded answers', recordedStand);
