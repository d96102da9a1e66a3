/**
 * Dead letters as Kafka records: the original key, value and headers byte for byte (order, repeats and nulls kept),
 * then our own headers. The first group has the names that Kafka Connect gave such headers, so that existing tools
 * show them; the second says what a redrive needs.
 */
import type { DeadLetter, DeadLetterStage } from '../model/dead-letter.ts';
import type { RawRecord, RecordHeader } from '../model/record.ts';

export interface DeadLetterRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

/** Source: Kafka Connect, `errors.deadletterqueue.context.headers.enable` (KIP-298). */
const connect = '__connect.errors.';
/** All of ours, in the order in which they are written; the first one marks where they begin. */
const names = {
  topic: `${connect}topic`,
  partition: `${connect}partition`,
  offset: `${connect}offset`,
  connectorName: `${connect}connector.name`,
  taskId: `${connect}task.id`,
  stage: `${connect}stage`,
  className: `${connect}class.name`,
  exceptionClass: `${connect}exception.class.name`,
  exceptionMessage: `${connect}exception.message`,
  reason: 'dingbus.reason',
  route: 'dingbus.route',
  notificationId: 'dingbus.notification-id',
  deadLetterId: 'dingbus.dead-letter-id',
} as const;

/** The part of dingbus that could not go on. */
const classOfStage: Readonly<Record<DeadLetterStage, string>> = {
  decode: 'dingbus.events',
  match: 'dingbus.rules.match',
  render: 'dingbus.rules.render',
  deliver: 'dingbus.delivery',
};

/** Headers are small; a longer text (a registry's stack trace) is cut. */
const maxMessageCharacters = 2_000;

export function encodeDeadLetter(deadLetter: DeadLetter): DeadLetterRecord {
  const { record } = deadLetter;
  const ours: readonly (readonly [string, string | null])[] = [
    [names.topic, record.topic],
    [names.partition, String(record.partition)],
    [names.offset, String(record.offset)],
    [names.connectorName, 'dingbus'],
    // Connect numbers a connector's tasks from 0; dingbus has no more than one.
    [names.taskId, '0'],
    [names.stage, deadLetter.stage],
    [names.className, classOfStage[deadLetter.stage]],
    [names.exceptionClass, deadLetter.exceptionClass],
    [names.exceptionMessage, deadLetter.message.slice(0, maxMessageCharacters)],
    [names.reason, deadLetter.reason],
    [names.route, deadLetter.route],
    [names.notificationId, deadLetter.notificationId],
    [names.deadLetterId, deadLetter.id],
  ];
  return {
    key: record.key,
    value: record.value,
    headers: [
      ...record.headers,
      ...ours.flatMap(([key, text]) => (text === null ? [] : [header(key, text)])),
    ],
  };
}

/**
 * The dead letter that a record of the dead-letter topic holds, its original record restored; null when the record
 * was not written by dingbus. A record that died twice has two sets of headers: the last is this death's.
 */
export function decodeDeadLetter(record: RawRecord): DeadLetter | null {
  const begin = record.headers.findLastIndex(({ key }) => key === names.topic);
  if (begin === -1) return null;
  const ours = new Map(
    record.headers.slice(begin).map(({ key, value }) => [key, value?.toString('utf8') ?? null]),
  );
  const text = (name: string): string | null => ours.get(name) ?? null;
  const id = text(names.deadLetterId);
  const stage = text(names.stage);
  const reason = text(names.reason);
  const partition = Number(text(names.partition) ?? Number.NaN);
  const offset = text(names.offset) ?? '';
  const valid =
    Number.isInteger(partition) && /^\d+$/.test(offset) && stage !== null && stage in classOfStage;
  if (!valid || id === null || reason === null) return null;
  return {
    id,
    record: {
      topic: text(names.topic) ?? '',
      partition,
      offset: BigInt(offset),
      timestamp: record.timestamp,
      key: record.key,
      value: record.value,
      headers: record.headers.slice(0, begin),
    },
    stage: stage as DeadLetterStage,
    reason,
    message: text(names.exceptionMessage) ?? '',
    exceptionClass: text(names.exceptionClass) ?? '',
    route: text(names.route),
    notificationId: text(names.notificationId),
  };
}

function header(key: string, text: string): RecordHeader {
  return { key, value: Buffer.from(text, 'utf8') };
}
