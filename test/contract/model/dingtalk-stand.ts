/**
 * DingTalk as the model test sees it: a client whose answers are scripted, over a truth that is not. It keeps what every
 * person really has and notes each call that the documentation, or the promise of the program, forbids.
 */
import type { Clock } from '../../../src/base/clock.ts';
import { dingtalkDay, nextDingtalkDay } from '../../../src/base/dingtalk-day.ts';
import type { DingTalkClient, SendAudience, SendRequest } from '../../../src/dingtalk/client-types.ts';
import { classOf, findCode, type Operation } from '../../../src/dingtalk/codes.ts';
import type { CallError, CallResult, SendResult, TaskResult } from '../../../src/dingtalk/outcomes.ts';
import type { CallLimiter } from '../../../src/dingtalk/slot.ts';

/** What becomes of the next send. `slow`: it is carried out, its answer comes when it is let go. */
export type SendScript =
  | { readonly kind: 'refuse'; readonly code: string }
  | { readonly kind: 'lost'; readonly processed: boolean }
  | { readonly kind: 'not_sent' }
  | { readonly kind: 'slow' };

/** What becomes of the next question. */
export type AskScript = { readonly kind: 'pending' } | { readonly kind: 'fail'; readonly code: string };

/** People with a fate of their own; all others are ordinary. */
export const gone = 'gone';
export const unreachable = 'unreachable';
export const protectedPerson = 'protected';
/** Department 7; `u0` is told by name, too, in some notifications. */
export const department = { id: 7, people: ['d1', 'd2', 'u0'] };
export const dailyLimit = 3;

interface Task {
  readonly content: string;
  readonly everyone: boolean;
  readonly at: number;
  readonly lists: TaskResult;
  recalled: boolean;
}

interface Copy {
  readonly userid: string;
  readonly content: string;
  readonly taskId: string;
  /** Asked for by name, not as one of a department. */
  readonly named: boolean;
}

/** `maybe`: a call for it was made and its outcome is not known to the program; `has`: it was told. */
interface Known {
  state: 'maybe' | 'has';
  readonly day: string;
}

const nobody: TaskResult = {
  read: [],
  unread: [],
  invalid: [],
  failed: [],
  forbidden: [],
  invalidDeptIds: [],
};

export class DingTalkStand {
  readonly violations: string[] = [];
  readonly copies: Copy[] = [];
  readonly tasks = new Map<string, Task>();
  readonly statusBars = new Map<string, string>();
  readonly readers = new Set<string>();
  /** Days of people that somebody else used up: `userid day`. */
  readonly usedUp = new Set<string>();
  /** The next so many people are refused because the minute is full. */
  fullMinute = 0;
  sends: SendScript[] = [];
  asks: AskScript[] = [];
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  /** Told to the program, which may not have written it down yet. */
  #fresh: Known[] = [];
  #slow: (() => void)[] = [];
  /** Contents that a person ordered to be sent again. */
  readonly #ordered = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  client(isAlive: () => boolean): DingTalkClient {
    /** Whoever has died hears no answer. */
    const told = <T>(value: T): Promise<T> =>
      isAlive() ? Promise.resolve(value) : new Promise(() => undefined);
    const ask = <T>(operation: Operation, value: () => T): Promise<CallResult<T>> => {
      const script = this.asks.shift();
      if (script?.kind === 'fail')
        return told({ kind: 'failed', error: this.#error(operation, script.code) });
      return told({ kind: 'ok', value: value() });
    };
    return {
      app: 'default',
      send: async (request) => told(await this.#send(request, isAlive)),
      lookupMobile: (mobile) =>
        told({ kind: 'found', userid: `m${mobile.reveal().slice(-1)}`, exclusiveUserids: [] }),
      progress: () => ask('progress', () => ({ percent: 100, status: 'done' as const })),
      result: (taskId) => {
        const pending = this.asks[0]?.kind === 'pending';
        return ask('result', () => (pending ? nobody : this.#result(taskId)));
      },
      recall: (taskId) => ask('recall', () => this.#recall(taskId)),
      updateStatusBar: (taskId, value) =>
        ask('status_bar', () => {
          this.statusBars.set(taskId, value);
          return null;
        }),
      uploadMedia: () => told({ kind: 'failed', error: this.#error('upload', '40007') }),
      checkToken: () => told({ kind: 'ok', value: null }),
      limiter: noLimits,
      state: () => ({ held: false, holds: [] }),
      release: () => undefined,
      lookAgain: () => undefined,
      close: () => Promise.resolve(),
    };
  }

  /** What was told is written down by now. */
  settled(): void {
    this.#fresh = [];
  }

  /** The program died: what it was told and had not written down it does not know. */
  crashed(): void {
    for (const known of this.#fresh) known.state = 'maybe';
    this.#fresh = [];
    this.#slow = [];
  }

  get waiting(): number {
    return this.#slow.length;
  }

  letGo(): void {
    for (const answer of this.#slow.splice(0)) answer();
  }

  /** A person has a held message sent again, whatever came of the first. */
  order(content: string): void {
    this.#ordered.add(content);
  }

  has(userid: string, content: string): boolean {
    return this.copies.some((copy) => copy.userid === userid && copy.content === content);
  }

  /** How often somebody got it because they were named. */
  named(userid: string, content: string): number {
    return this.copies.filter((copy) => copy.named && copy.userid === userid && copy.content === content)
      .length;
  }

  async #send({ audience, body }: SendRequest, isAlive: () => boolean): Promise<SendResult> {
    const script = this.#script(audience);
    this.#check(audience, body);
    if (script?.kind === 'not_sent')
      return { kind: 'not_sent', error: this.#error('send', 'lost_before_write', null) };
    if (script?.kind === 'refuse') {
      const error = this.#error('send', script.code);
      return { kind: error.class === 'unknown' ? 'unknown' : 'refused', error };
    }
    /** Whoever provably does not have it may be sent to again. */
    const having = (): string[] =>
      peopleOf(audience).flatMap((userid) => (this.has(userid, body) ? [`${userid} ${body}`] : []));
    if (script?.kind === 'lost') {
      if (script.processed) this.#carryOut(audience, body);
      this.#learn(
        audience,
        peopleOf(audience).map((userid) => `${userid} ${body}`),
        'maybe',
      );
      return { kind: 'unknown', error: this.#error('send', 'lost_after_write', null) };
    }
    const task = this.#carryOut(audience, body);
    if (script?.kind === 'slow') {
      this.#learn(audience, having(), 'maybe');
      await new Promise<void>((resolve) => this.#slow.push(resolve));
    }
    if (isAlive()) this.#learn(audience, having(), 'has');
    return { kind: 'accepted', taskId: task, requestId: null };
  }

  /** Only broadcasts are refused because the day's broadcasts are used up. */
  #script({ kind }: SendAudience): SendScript | undefined {
    const script = this.sends.shift();
    const odd = script?.kind === 'refuse' && script.code === '41045' && kind !== 'everyone';
    return odd ? { kind: 'refuse', code: '-1' } : script;
  }

  #learn({ kind }: SendAudience, keys: readonly string[], state: Known['state']): void {
    // What departments bring to somebody says nothing of what was asked for by name.
    if (kind === 'departments') return;
    const day = dingtalkDay(this.#clock.now());
    for (const key of keys) {
      const known: Known = { state, day: this.#known.get(key)?.day ?? day };
      this.#known.set(key, known);
      if (state === 'has') this.#fresh.push(known);
    }
  }

  /** Notes what must never be asked for. */
  #check(audience: SendAudience, body: string): void {
    const now = this.#clock.now();
    const day = dingtalkDay(now);
    const people = peopleOf(audience);
    if (audience.kind === 'users' && (people.length === 0 || people.length > 100))
      this.violations.push(`${people.length} people in one call`);
    if (new Set(people).size !== people.length) this.violations.push('a person twice in one call');
    if (audience.kind === 'departments') return;
    for (const userid of people) {
      const known = this.#known.get(`${userid} ${body}`);
      if (known === undefined || this.#ordered.has(body)) continue;
      const broadcast = audience.kind === 'everyone';
      if ((broadcast || known.state === 'has') && known.day === day)
        this.violations.push(`${userid} twice the same: ${body}`);
      // Messages of the pool are meant to come again on another day; all others belong to one notification.
      if (body.includes('pool')) continue;
      if (known.day !== day) this.violations.push(`${userid} again on another day: ${body}`);
      if (known.state === 'maybe' && now >= nextDingtalkDay(now) - 60_000)
        this.violations.push(`${userid} again after 23:59: ${body}`);
    }
  }

  #carryOut(audience: SendAudience, body: string): string {
    const day = dingtalkDay(this.#clock.now());
    const id = String(this.tasks.size + 1);
    if (audience.kind === 'everyone') {
      const today = [...this.tasks.values()].filter((task) => task.everyone && dingtalkDay(task.at) === day);
      if (today.length >= dailyLimit) this.violations.push(`more than ${dailyLimit} broadcasts on ${day}`);
    }
    const lists = { ...nobody, unread: [] as string[], invalid: [] as string[], failed: [] as string[] };
    const forbidden: { userid: string; code: string; count: null }[] = [];
    for (const userid of peopleOf(audience)) {
      const code = this.#limit(userid, body, day, audience.kind === 'users');
      if (userid === gone) lists.invalid.push(userid);
      else if (userid === unreachable) lists.failed.push(userid);
      else if (code !== null) forbidden.push({ userid, code, count: null });
      else {
        lists.unread.push(userid);
        this.copies.push({ userid, content: body, taskId: id, named: audience.kind !== 'departments' });
      }
    }
    const everyone = audience.kind === 'everyone';
    this.tasks.set(id, {
      content: body,
      everyone,
      at: this.#clock.now(),
      lists: { ...lists, forbidden },
      recalled: false,
    });
    return id;
  }

  #limit(userid: string, content: string, day: string, counted: boolean): string | null {
    const today = this.copies.filter(
      (copy) =>
        copy.userid === userid && dingtalkDay(this.tasks.get(copy.taskId)?.at ?? this.#clock.now()) === day,
    );
    if (userid === protectedPerson) return '1430004';
    if (today.some((copy) => copy.content === content)) return '143106';
    if (this.usedUp.has(`${userid} ${day}`)) return '143105';
    if (counted && !department.people.includes(userid) && userid !== 'all' && today.length >= dailyLimit) {
      this.violations.push(`more than ${dailyLimit} messages to ${userid} on ${day}`);
    }
    if (!counted || this.fullMinute <= 0) return null;
    this.fullMinute -= 1;
    return '143103';
  }

  #result(taskId: string): TaskResult {
    const task = this.tasks.get(taskId);
    if (task === undefined) {
      this.violations.push(`asked about no task: ${taskId}`);
      return nobody;
    }
    if (task.everyone) this.violations.push('a broadcast was asked for its result');
    const isRead = (userid: string): boolean => this.readers.has(userid);
    return {
      ...task.lists,
      read: task.lists.unread.filter(isRead),
      unread: task.lists.unread.filter((userid) => !isRead(userid)),
    };
  }

  #recall(taskId: string): null {
    const task = this.tasks.get(taskId);
    if (task === undefined) this.violations.push(`recalled no task: ${taskId}`);
    else task.recalled = true;
    return null;
  }

  #error(operation: Operation, code: string, httpStatus: number | null = 200): CallError {
    const row = findCode(operation, code);
    const wait = row?.retryAfter ?? null;
    const nextDay = nextDingtalkDay(this.#clock.now()) - this.#clock.now();
    return {
      operation,
      code,
      message: `scripted ${code}`,
      requestId: null,
      class: classOf(operation, code),
      retryAfterMs: wait?.kind === 'delay' ? wait.ms : wait?.kind === 'next_day' ? nextDay : null,
      provesNothingSent: row?.provesNothingSent ?? false,
      httpStatus,
    };
  }
}

function peopleOf(audience: SendAudience): readonly string[] {
  if (audience.kind === 'users') return audience.userids;
  return audience.kind === 'departments' ? department.people : ['all'];
}

/** The rates of a second and a minute have tests of their own; here all may go at once. */
const noLimits: CallLimiter = {
  callsPerSecond: Infinity,
  available: () => Infinity,
  tryReserve: (api, recipients) => ({ api, recipients, giveBack: () => undefined }),
  waitMs: () => 0,
  ask: () => undefined,
  onRoom: () => () => undefined,
  seed: () => undefined,
};
