import { type z } from 'zod';
import { isMapping, leaf, nameOf, text, textOf } from './fields.ts';
import { anything, keys, list, named } from './shapes.ts';
import { topicName } from './words.ts';

/** An event in short form, as samples and cases write it; what is not given gets a harmless default. */

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the epoch; null for a text that is no instant, or one only in some time zone. */
export function parseInstant(text: string): number | null {
  const ms = instantPattern.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** How a fault says what to do about it. */
export const instantRemedy = 'write it as 2026-03-02T09:30:00+08:00';

/** An instant, ISO 8601 with a time zone. */
export function instant(meta: Record<string, unknown>) {
  return leaf<Date>({ type: 'string', ...meta }, (value, fail) => {
    const found = textOf(value);
    const ms = found === null ? null : parseInstant(found);
    if (ms === null) {
      return fail(`must be an instant with a time zone, not ${nameOf(value)}`, { remedy: instantRemedy });
    }
    return new Date(ms);
  });
}

/** A mapping of any content. */
function mapping(description: string) {
  return leaf<Record<string, unknown>>({ type: 'object', description }, (value, fail) => {
    if (isMapping(value)) return value;
    return fail(`must be a mapping, not ${nameOf(value)}`, { fault: 'wrong_type' });
  });
}

export const eventSchema = keys({
  topic: topicName({ description: 'Topic; default: the first that the route reads.' }).optional(),
  type: text({ description: 'Event type.' }).optional(),
  source: text({ description: 'Source; default: the topic.' }).optional(),
  id: text({ description: 'Id; default: 0/0.' }).optional(),
  subject: text({ description: 'Subject.' }).optional(),
  time: instant({ description: 'Time of the event; default: now.' }).optional(),
  key: text({ description: 'Record key.' }).optional(),
  headers: named(text({}, { allowEmpty: true }), { description: 'Record headers.' }).optional(),
  data: mapping('The payload. Texts become timestamps and decimals where the event’s Avro schema says so.'),
});

export type EventKeys = z.infer<typeof eventSchema>;

export const sampleSchema = keys({
  name: text({ description: 'What the sample shows.' }),
  event: eventSchema,
  item: anything({ description: 'The element, for routes with `for_each`.' }).optional(),
  items: list(eventSchema, { description: 'The members, for templates of digests.' }, 1000, 1).optional(),
});

export type SampleKeys = z.infer<typeof sampleSchema>;
