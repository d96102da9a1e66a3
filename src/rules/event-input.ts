import type { Event, EventMeta } from '../model/event.ts';

export type EventInput =
  { readonly ok: true; readonly event: Event } | { readonly ok: false; readonly message: string };

/**
 * An event as people write it for `explain` and the route explorer: `{ "data": …, "meta": { "topic": …, "type": … } }`.
 * What `meta` leaves out gets a harmless default; `nowMs` stands in for the time.
 */
export function eventFromInput(input: unknown, nowMs: number): EventInput {
  if (!isObject(input) || !('data' in input)) {
    return { ok: false, message: 'an event is an object { "data": …, "meta": { "topic": …, "type": … } }' };
  }
  const meta = input['meta'] ?? {};
  if (!isObject(meta)) return { ok: false, message: 'meta must be an object' };
  const text = (key: string): string | null => (typeof meta[key] === 'string' ? meta[key] : null);
  const topic = text('topic');
  if (topic === null)
    return { ok: false, message: 'meta.topic is missing: the topic that the event would come from' };
  const time = meta['time'] === undefined ? nowMs : Date.parse(String(meta['time']));
  if (Number.isNaN(time)) return { ok: false, message: `meta.time is not a time: ${String(meta['time'])}` };
  const event: EventMeta = {
    source: text('source') ?? topic,
    id: text('id') ?? '0/0',
    type: text('type'),
    subject: text('subject'),
    time: new Date(time),
    topic,
    partition: 0,
    offset: 0n,
    key: text('key'),
    headers: {},
    traceparent: text('traceparent'),
  };
  return { ok: true, event: { data: exactNumbers(input['data']), meta: event } };
}

/** Whole numbers are `bigint` in events, as decoding makes them. */
function exactNumbers(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(exactNumbers);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, exactNumbers(each)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
