import type { DingTalkAppOptions } from '../../../src/dingtalk/client.ts';

/** What DingTalk is to do, for the next calls of a test. Everything else goes well. */
export type Situation =
  | 'all well'
  | 'token expired'
  | 'wrong secret'
  | 'busy'
  | 'too many calls a second'
  | 'too many calls by everyone'
  | 'too many calls by everyone, until a time'
  | 'calls of the month used up'
  | 'ip banned'
  | 'ip banned, with a page'
  | 'not whitelisted'
  | 'no permission'
  | 'no permission for the current lookup'
  | 'system error'
  | 'bad gateway'
  | 'answer lost'
  | 'request lost'
  | 'unknown mobile'
  | 'invalid person'
  | 'the same content before'
  | 'unknown task'
  | 'large task id';

/** Something that answers as DingTalk does: recorded answers, or the simulator. */
export interface Stand {
  readonly url: string;
  readonly app: DingTalkAppOptions;
  /** Userid and mobile of somebody who works here, and of another one. */
  readonly person: { readonly userid: string; readonly mobile: string };
  readonly other: { readonly userid: string };
  arrange(situation: Situation): void;
  /** Lets time pass at DingTalk: tasks are worked on. */
  pass(ms: number): void;
  /** What in our requests broke the documentation; a stand that cannot tell says nothing. */
  violations(): readonly string[];
  stop(): Promise<void>;
}
