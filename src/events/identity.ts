import { messageOf } from '../base/errors.ts';
import { maskMobile } from '../base/sensitive.ts';
import type { Event, EventMeta } from '../model/event.ts';
import { Decimal, Timestamp } from '../model/values.ts';
import type { TopicIdentity } from './outcome.ts';
import { isInstant, parseRfc3339 } from './rfc3339.ts';

export type Identified =
  { readonly ok: true; readonly event: Event } | { readonly ok: false; readonly message: string };

/**
 * Lets a topic's own expressions decide source, id, type and time. Each sees the event as the envelope made it. One
 * that throws or gives nothing usable means that the event has no identity: guessing another would let duplicates
 * through or drop events as duplicates.
 */
export function applyIdentity(event: Event, identity: TopicIdentity): Identified {
  const changes: { source?: string; id?: string; type?: string; time?: Date } = {};
  for (const name of ['source', 'id', 'type', 'time'] as const) {
    const expression = identity[name];
    if (expression === null) continue;
    let given: unknown;
    try {
      given = expression(event);
    } catch (thrown) {
      return {
        ok: false,
        message: `the topic's expression for ${name} failed: ${withoutNumbers(messageOf(thrown))}`,
      };
    }
    if (name === 'time') {
      const time = instantOf(given);
      if (time === null)
        return {
          ok: false,
          message: `the topic's expression for time gives no instant of the years 1 to 9999 (numbers are milliseconds)`,
        };
      changes.time = time;
    } else {
      const text = textOf(given);
      if (text === null) return { ok: false, message: `the topic's expression for ${name} gives no text` };
      changes[name] = text;
    }
  }
  const meta: EventMeta = { ...event.meta, ...changes };
  return { ok: true, event: { data: event.data, meta } };
}

/** Scalars have one obvious text; lists, objects, bytes, null and "" have none. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (value instanceof Decimal) return value.toString();
  return value instanceof Date ? instantText(value) : null;
}

/** Every nanosecond counts: two events a microsecond apart are two events. */
function instantText(instant: Date): string {
  const text = instant.toISOString();
  if (!(instant instanceof Timestamp)) return text;
  return `${text.slice(0, -1)}${String(instant.nanosBelowMs).padStart(6, '0')}Z`;
}

/** An instant, RFC 3339 text, or milliseconds since the epoch. */
function instantOf(value: unknown): Date | null {
  if (value instanceof Date) return isInstant(value.getTime()) ? value : null;
  if (typeof value === 'string') return parseRfc3339(value);
  if (typeof value !== 'bigint' && typeof value !== 'number') return null;
  const ms = Number(value);
  return isInstant(ms) ? new Date(ms) : null;
}

/** Messages of expressions may quote what they stumbled over, and that may be somebody's number. */
function withoutNumbers(message: string): string {
  return message.replaceAll(/\d{7,}/g, maskMobile);
}
