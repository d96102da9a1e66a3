import type { Random } from '../base/backoff.ts';
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { RawRecord } from '../model/record.ts';
import type { PartitionStats, Processed, RecordBatch, TopicPartition } from './source-types.ts';
import { Watermark } from './watermark.ts';

/**
 * One partition from its assignment to its revocation: takes what was fetched, hands it to the handler in pieces,
 * one at a time, and knows how far everything is done. It never commits and never talks to the broker.
 */
export interface LanePort {
  deliver(batch: RecordBatch): Promise<Processed>;
  /** Whether records of this partition may be fetched; told on every change. */
  flow(open: boolean): void;
  /** The position moved on. */
  advanced(): void;
  failed(error: unknown, attempt: number, offset: bigint): void;
}

export interface LaneOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly maxBatch: number;
}

/** Pauses between attempts at records that the handler could not take. */
const retry = { firstMs: 200, maxMs: 10_000 };
/** As many fetches wait here at most while the handler works on another; more would only cost memory. */
const fetchesAhead = 1;

interface Fetched {
  readonly records: readonly RawRecord[];
  /** Index of the first record that is not done. */
  at: number;
  /** The offset after the last one that this fetch covered, which may be beyond the last record. */
  readonly end: bigint;
}

export class Lane {
  readonly where: TopicPartition;
  /** What is noted beside each commit of this partition. */
  note: string | null = null;
  readonly #port: LanePort;
  readonly #options: LaneOptions;
  readonly #abort = new AbortController();
  readonly #queue: Fetched[] = [];
  #watermark: Watermark | null = null;
  /** The offset that the next fetch has to begin with. */
  #expected: bigint | null = null;
  #high: bigint | null = null;
  #committed: bigint | null = null;
  #held = false;
  #open = false;
  #busySince: number | null = null;
  #working: Promise<void> | null = null;
  #failures = 0;
  #wake: (() => void) | null = null;
  #progressAt: number;

  constructor(where: TopicPartition, held: boolean, port: LanePort, options: LaneOptions) {
    this.where = where;
    this.#held = held;
    this.#port = port;
    this.#options = options;
    this.#progressAt = options.clock.now();
  }

  get position(): bigint | null {
    return this.#watermark?.position ?? null;
  }

  get committed(): bigint | null {
    return this.#committed;
  }

  get expected(): bigint | null {
    return this.#expected;
  }

  get closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Whether records of this partition may be fetched. */
  get open(): boolean {
    return this.#open;
  }

  /** Not open, but about to be: the handler is at work and gets on. */
  get full(): boolean {
    return (
      !this.#open && !this.closed && !this.#held && this.#failures === 0 && this.#queue.length > fetchesAhead
    );
  }

  /** Where reading begins; also when the position has to move because the log no longer holds it. */
  begin(at: bigint, committed: bigint | null, high: bigint): void {
    this.#queue.length = 0;
    this.#watermark = new Watermark(at);
    this.#expected = at;
    this.#committed = committed;
    this.#high = high;
    this.#failures = 0;
    this.#progressAt = this.#options.clock.now();
    this.#settleFlow();
  }

  /** Stops reading until `begin` says where to go on: the log does not hold the present position any more. */
  lose(): void {
    this.#queue.length = 0;
    this.#watermark = null;
    this.#expected = null;
    this.#settleFlow();
  }

  /** Takes what a fetch from `from` on brought; false when it does not continue what came before. */
  offer(records: readonly RawRecord[], from: bigint, end: bigint, high: bigint): boolean {
    if (this.closed || this.#expected !== from) return false;
    this.#expected = end;
    this.#high = high;
    this.#progressAt = this.#options.clock.now();
    this.#queue.push({ records, at: 0, end });
    this.#settleFlow();
    this.#pump();
    return true;
  }

  /** What the broker said about the partition's end outside of a fetch. */
  seen(high: bigint): void {
    if (this.#high === null || high > this.#high) this.#high = high;
  }

  confirm(committed: bigint): void {
    this.#committed = committed;
  }

  hold(held: boolean): void {
    this.#held = held;
    this.#settleFlow();
    this.#pump();
  }

  /** Ends delivery; resolves when the handler's last call has ended. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#queue.length = 0;
    this.#settleFlow();
    this.#wake?.();
    await this.#working;
  }

  /** Milliseconds without progress although records wait at the broker and we would take them; 0 otherwise. */
  idleMs(): number {
    const behind = this.#high !== null && this.#expected !== null && this.#high > this.#expected;
    if (!behind || !this.#open) return 0;
    return this.#options.clock.now() - this.#progressAt;
  }

  stats(): PartitionStats {
    const { position } = this;
    const lag = this.#high === null || position === null ? null : this.#high - position;
    return {
      ...this.where,
      position,
      committed: this.#committed,
      high: this.#high,
      lag: lag !== null && lag < 0n ? 0n : lag,
      paused: this.#held,
      busyMs: this.#busySince === null ? 0 : this.#options.clock.now() - this.#busySince,
      failures: this.#failures,
    };
  }

  #settleFlow(): void {
    const open =
      !this.closed && !this.#held && this.#watermark !== null && this.#queue.length <= fetchesAhead;
    if (open === this.#open) return;
    this.#open = open;
    if (open) this.#progressAt = this.#options.clock.now();
    this.#port.flow(open);
  }

  #pump(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
      // Something may have come between the last look at the queue and now.
      if (this.#next() !== null) this.#pump();
    });
  }

  async #work(): Promise<void> {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      const moved = await this.#deliver(next, this.#watermark);
      if (!moved) await this.#pause();
    }
  }

  #next(): Fetched | null {
    return this.closed || this.#held ? null : (this.#queue[0] ?? null);
  }

  /** One call of the handler; says whether anything of it is done. */
  async #deliver(fetched: Fetched, watermark: Watermark | null): Promise<boolean> {
    const { maxBatch, clock } = this.#options;
    const { length } = fetched.records;
    const all = fetched.at === 0 && length <= maxBatch;
    const records = all ? fetched.records : fetched.records.slice(fetched.at, fetched.at + maxBatch);
    const whole = fetched.at + records.length === length;
    const first = records[0];
    const last = records.at(-1);
    if (first === undefined || last === undefined || watermark === null)
      return this.#finish(fetched, watermark, fetched.end);
    this.#busySince = clock.now();
    try {
      const batch = {
        ...this.where,
        records,
        highWatermark: this.#high ?? fetched.end,
        signal: this.#abort.signal,
      };
      const { processedTo } = await this.#port.deliver(batch);
      if (processedTo > last.offset)
        return this.#finish(fetched, watermark, whole ? fetched.end : last.offset + 1n);
      if (processedTo <= first.offset) throw new NoProgress();
      return this.#finish(fetched, watermark, processedTo);
    } catch (error) {
      if (this.closed) return true;
      this.#failures += 1;
      this.#port.failed(error, this.#failures, first.offset);
      return false;
    } finally {
      this.#busySince = null;
    }
  }

  /** Everything before `to` is done. */
  #finish(fetched: Fetched, watermark: Watermark | null, to: bigint): boolean {
    // The partition may have been taken away, or moved to another offset, while the handler worked.
    if (watermark === null || watermark !== this.#watermark) return true;
    const moved = watermark.complete(watermark.position, to);
    this.#failures = 0;
    if (!this.closed) {
      if (to >= fetched.end) {
        this.#queue.shift();
        this.#progressAt = this.#options.clock.now();
        this.#settleFlow();
      } else {
        while ((fetched.records[fetched.at]?.offset ?? to) < to) fetched.at += 1;
      }
    }
    if (moved) this.#port.advanced();
    return true;
  }

  /** Waits before the next attempt, no longer than the partition is ours. */
  async #pause(): Promise<void> {
    const { clock, random } = this.#options;
    await new Promise<void>((resolve) => {
      if (this.closed) return resolve();
      const cancel = clock.schedule(backoffMs(this.#failures, retry, random), resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = null;
  }
}

/** The handler answered, but with less than one record done. */
class NoProgress extends Error {
  constructor() {
    super('the handler took none of the records');
    this.name = 'NoProgress';
  }
}
