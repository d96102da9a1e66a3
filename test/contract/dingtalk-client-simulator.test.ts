import { simulatedStand } from './dingtalk/simulated.ts';
import { clientContract } from './dingtalk/suite.ts';

clientContract('the simulator', simulatedStand);
