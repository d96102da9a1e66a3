import type { MessageConfig, MessageField, SampleConfig, SampleEvent, TemplateConfig } from './config.ts';
import type { SourceRef } from './source-ref.ts';
import { plainValue } from './env-text.ts';
import type { LoaderContext } from './loader-context.ts';
import type { EventKeys, SampleKeys } from './schema-event.ts';
import { messageTypes, type MessageKeys } from './schema-template.ts';
import { namePattern } from './words.ts';

/** A message must be of exactly one type; null when it is not, which is then reported. */
export function messageOf(
  message: MessageKeys,
  source: SourceRef,
  context: LoaderContext,
): MessageConfig | null {
  const types = messageTypes.filter((type) => message[type] !== undefined);
  const [type, second] = types;
  if (type === undefined) {
    const remedy = `add one of ${messageTypes.join(', ')}`;
    context.report(source, [], 'missing_key', 'the message has no type', remedy);
    return null;
  }
  if (second !== undefined) {
    const text = `a message has one type, not both ${type} and ${second}`;
    context.report(source, [second], 'conflict', text, 'keep one of them');
    return null;
  }
  return {
    type,
    fields: withoutUndefined(message[type]) as MessageConfig['fields'],
    onTooLong: message.on_too_long,
    samples: (message.samples ?? []).map(sampleOf),
    source,
  };
}

export function templateOf(
  name: string,
  message: MessageKeys,
  source: SourceRef,
  context: LoaderContext,
): TemplateConfig | null {
  if (!namePattern.test(name)) {
    const remedy = 'rename the file';
    context.report(source, [], 'wrong_value', `${name} cannot be the name of a template`, remedy);
    return null;
  }
  const found = messageOf(message, source, context);
  return found === null ? null : { ...found, name };
}

export function sampleOf(sample: SampleKeys): SampleConfig {
  return {
    name: sample.name,
    event: eventOf(sample.event),
    item: sample.item === undefined ? null : plainValue(sample.item),
    items: sample.items?.map(eventOf) ?? null,
  };
}

export function eventOf(event: EventKeys): SampleEvent {
  const { data, ...meta } = event;
  const known = Object.entries(meta).filter(([, value]) => value !== undefined);
  return { data: plainValue(data), meta: Object.fromEntries(known) };
}

/** The definitions leave `undefined` where an optional key is absent; a tree that is rendered has none. */
function withoutUndefined(value: unknown): MessageField {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (value !== null && typeof value === 'object') {
    const known = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(known.map(([key, inner]) => [key, withoutUndefined(inner)]));
  }
  return value as MessageField;
}
