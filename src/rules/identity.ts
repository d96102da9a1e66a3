import type { TopicConfig } from '../config/config.ts';
import type { SourceRef } from '../config/source-ref.ts';
import type { Event } from '../model/event.ts';
import { celView } from './cel/celview.ts';
import type { CelVariable } from './cel/environment.ts';
import type { Expression } from './cel/expression.ts';
import { untyped, type CompileContext } from './compile-context.ts';
import { metaView } from './event-scope.ts';
import { keyText } from './key-text.ts';
import type { TopicIdentity } from './rules.ts';

/** A topic's expression could not be evaluated for an event; decoding makes it a dead letter. */
export class IdentityFault extends Error {}

const variables: readonly CelVariable[] = ['data', 'meta'];

/** Compiles the topics' `source`, `id`, `type` and `time`. */
export function compileIdentities(context: CompileContext): ReadonlyMap<string, TopicIdentity> {
  const identities = new Map<string, TopicIdentity>();
  for (const topic of context.config.topics.values()) {
    const compiled = {
      source: compile('source', topic, context),
      id: compile('id', topic, context),
      type: compile('type', topic, context),
      time: compile('time', topic, context),
    };
    if (Object.values(compiled).some((expression) => expression !== null)) {
      identities.set(topic.name, compiled);
    }
  }
  return identities;
}

function compile(
  key: 'source' | 'id' | 'type' | 'time',
  topic: TopicConfig,
  context: CompileContext,
): ((event: Event) => unknown) | null {
  const source = topic[key];
  if (source === null) return null;
  const ref: SourceRef = { file: context.config.mainFile, path: ['topics', topic.name], defaults: null };
  const wanted = key === 'time' ? 'time' : 'text';
  const expression = context.expression(source, wanted, variables, untyped, ref, [key]);
  return expression === null ? null : (event) => evaluate(key, expression, event);
}

/** @throws IdentityFault */
function evaluate(key: string, expression: Expression, event: Event): unknown {
  const view = celView(event.data);
  if (!view.ok) throw new IdentityFault(view.message);
  const result = expression.evaluate({ data: view.view, meta: metaView(event.meta) });
  if (!result.ok) throw new IdentityFault(`${key}: ${result.message}`);
  if (key === 'time' || result.value === null) return result.value;
  const given = keyText(result.value);
  if (!given.ok) throw new IdentityFault(`${key}: ${given.message}`);
  return given.text;
}
