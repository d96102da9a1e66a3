import { createReadStream, createWriteStream, fstatSync, openSync } from 'node:fs';
import { once } from 'node:events';
import type { Clock } from '../base/clock.ts';
import { parseExactJson } from '../base/exact-json.ts';
import type { Logger } from '../base/logger.ts';
import { createEventDecoder } from '../events/decoder.ts';
import { recordedLine } from '../events/recorded.ts';
import { createAdmin } from '../kafka/admin.ts';
import type { RawRecord } from '../model/record.ts';
import type { FoundDifference, ReplaySummary } from '../rules/replay/replay.ts';
import type { Active } from './configuration.ts';
import { jsonLines } from './json-lines.ts';
import { kafkaConnection } from './kafka-connection.ts';
import { openRegistry } from './registry.ts';
import { createReplayRun, type ReplayRun } from './replay-run.ts';
import { openTopicRange, type TopicRange } from './topic-range.ts';

/** Where the events come from: a file of JSON lines (`-` is standard input), or a part of Kafka's topics. */
export type RecordedSource =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'kafka'; readonly range: TopicRange };

export interface ReplayListener {
  onDifference(found: FoundDifference): void;
  /** `where`: `events.jsonl:12`. */
  onUnreadable(where: string, message: string): void;
  /** `share`: 0 … 1; null where the end is not known. */
  onProgress(share: number | null, count: number): void;
  /** False when nobody wants to know any more. */
  isWanted(): boolean;
}

export interface ReplayOptions {
  /** Whose Kafka is read. */
  readonly current: Active;
  /** Null = nothing is compared: the records are only written down. */
  readonly pair: {
    readonly before: { readonly active: Active };
    readonly after: { readonly active: Active };
  } | null;
  readonly source: RecordedSource;
  /** A new file for the records that are read from Kafka; null = none. */
  readonly recordTo: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: ReplayListener;
}

export interface Replayed {
  readonly count: number;
  readonly summary: ReplaySummary | null;
}

/**
 * Reads what was recorded and compares; the one thing that is ever written is the file that was asked for.
 *
 * @throws when the file, Kafka or the schema registry cannot be read.
 */
export async function replayRecorded(options: ReplayOptions): Promise<Replayed> {
  const opened = options.pair === null ? null : openRun(options, options.pair);
  try {
    const run = opened?.run ?? null;
    const count =
      options.source.kind === 'file'
        ? await readFile(options.source.path, run, options.listener)
        : await readTopics(options.source.range, run, options);
    if (run === null) return { count, summary: null };
    for (const found of run.finish()) options.listener.onDifference(found);
    return { count, summary: run.summary() };
  } finally {
    await opened?.close();
  }
}

function openRun(
  { clock, logger }: ReplayOptions,
  { before, after }: NonNullable<ReplayOptions['pair']>,
): { readonly run: ReplayRun; readonly close: () => Promise<void> } {
  const registries = [before, after].map(({ active }) => active.config.schemaRegistry);
  // One registry for both where it is the same, so that each schema is fetched once.
  const isShared = registries[0]?.url === registries[1]?.url;
  const [old = null, fresh = null] = (isShared ? registries.slice(0, 1) : registries).map((config) =>
    openRegistry(config, clock, logger),
  );
  const decoder = createEventDecoder(old);
  const other = isShared ? decoder : createEventDecoder(fresh);
  const run = createReplayRun({
    before: { active: before.active, decoder },
    after: { active: after.active, decoder: other },
    clock,
  });
  return {
    run,
    close: async () => {
      await old?.close();
      await fresh?.close();
    },
  };
}

async function readFile(path: string, run: ReplayRun | null, listener: ReplayListener): Promise<number> {
  const name = path === '-' ? 'standard input' : path;
  const fd = path === '-' ? 0 : openSync(path, 'r');
  const size = fstatSync(fd).size;
  const stream = createReadStream('', { fd, autoClose: path !== '-', highWaterMark: 256 * 1024 });
  let count = 0;
  for await (const line of jsonLines(stream as AsyncIterable<Buffer>)) {
    if (!listener.isWanted()) break;
    count += 1;
    listener.onProgress(size === 0 ? null : line.bytes / size, count);
    const where = `${name}:${line.number}`;
    const parsed =
      line.text === null
        ? { ok: false as const, message: 'the line is too long' }
        : parseExactJson(line.text);
    if (!parsed.ok) {
      listener.onUnreadable(where, parsed.message);
      continue;
    }
    const taken = await run?.takeJson(parsed.value, BigInt(line.number));
    if (taken?.ok === false) listener.onUnreadable(where, taken.message);
    else for (const found of taken?.found ?? []) listener.onDifference(found);
  }
  return count;
}

async function readTopics(range: TopicRange, run: ReplayRun | null, options: ReplayOptions): Promise<number> {
  const { current, clock, logger, listener, recordTo } = options;
  const connection = kafkaConnection(current.config.kafka, clock);
  const admin = createAdmin({ connection, clock, logger });
  const recording = recordTo === null ? null : new Recording(recordTo);
  let count = 0;
  try {
    const opened = await openTopicRange(admin, range);
    for await (const record of opened.records()) {
      if (!listener.isWanted()) break;
      count += 1;
      listener.onProgress(opened.total === 0 ? null : opened.passed() / opened.total, count);
      await recording?.write(record);
      for (const found of (await run?.takeRecord(record)) ?? []) listener.onDifference(found);
    }
  } finally {
    await recording?.end();
    await admin.close();
  }
  return count;
}

/** Records may hold anything about anybody, so the file is its owner's alone; an existing one is never overwritten. */
class Recording {
  readonly #stream: ReturnType<typeof createWriteStream>;
  #fault: Error | null = null;

  constructor(path: string) {
    const fd = openSync(path, 'wx', 0o600);
    this.#stream = createWriteStream(path, { fd });
    this.#stream.on('error', (error) => (this.#fault = error));
  }

  /** @throws when the disk is full, and the like. */
  async write(record: RawRecord): Promise<void> {
    if (this.#fault !== null) throw this.#fault;
    if (!this.#stream.write(`${recordedLine(record)}\n`)) await once(this.#stream, 'drain');
  }

  async end(): Promise<void> {
    this.#stream.end();
    if (this.#fault === null) await once(this.#stream, 'close');
    if (this.#fault !== null) throw this.#fault;
  }
}
