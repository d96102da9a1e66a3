import type { DeadLetter } from '../../model/dead-letter.ts';
import { maskText } from '../masking.ts';
import type { DeadLetterRow, DeadLetterSummary } from '../ports.ts';
import { iso, type Json } from './present.ts';

/** The most of a record's value that is shown, in characters. */
const longestValue = 65_536;

export function deadLetterJson(row: DeadLetterRow): Json<'deadLetterSummary'> {
  return { ...storedDeadLetterJson(row), redriven_as: [...row.redrivenAs] };
}

/** As its topic tells it, where nobody knows what became of it since. */
export function storedDeadLetterJson(
  summary: DeadLetterSummary,
): Omit<Json<'deadLetterSummary'>, 'redriven_as'> {
  return {
    id: summary.id,
    stage: summary.stage,
    reason: summary.reason,
    message: maskText(summary.message),
    topic: summary.topic,
    partition: summary.partition,
    offset: String(summary.offset),
    route: summary.route,
    notification_id: summary.notificationId,
    at: iso(summary.at),
  };
}

export function deadLetterDetailJson(
  row: DeadLetterRow,
  deadLetter: DeadLetter | null,
): Json<'deadLetterDetail'> {
  return { ...storedDeadLetterDetailJson(row, deadLetter), redriven_as: [...row.redrivenAs] };
}

export function storedDeadLetterDetailJson(
  summary: DeadLetterSummary,
  deadLetter: DeadLetter | null,
): Omit<Json<'deadLetterDetail'>, 'redriven_as'> {
  const record = deadLetter?.record ?? null;
  return {
    ...storedDeadLetterJson(summary),
    exception_class: deadLetter?.exceptionClass ?? null,
    record:
      record === null
        ? null
        : {
            timestamp: iso(record.timestamp),
            key: textOf(record.key),
            headers: record.headers.map(({ key, value }) => ({ key: maskText(key), value: textOf(value) })),
            value: textOf(record.value),
            value_bytes: record.value?.byteLength ?? null,
          },
  };
}

/** Bytes as text: UTF-8 where it is text; else only what can be read of it, a dot for every other byte. */
function textOf(bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  const decoded = bytes.toString('utf8');
  const readable = decoded.includes('\uFFFD') ? bytes.toString('latin1') : decoded;

  const text = maskText(readable.replace(/[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]/g, '·'));
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
