import type { MessageConfig, RouteConfig, SignalConfig, UpdateSignalConfig } from '../config/config.ts';
import { variantsOf } from '../config/references.ts';
import { suggest } from '../config/suggest.ts';
import { containsLiquid } from '../config/words.ts';
import { compileAudience } from './audience.ts';
import type { AvroSchemas } from './cel/avro-types.ts';
import type { CelVariable } from './cel/environment.ts';
import type { Expression, Wanted } from './cel/expression.ts';
import type { KnownTypes } from './cel/typed-check.ts';
import { untyped, type CompileContext, type RouteTypes } from './compile-context.ts';
import type { CompiledRoute, CompiledSignal, MessageChoice } from './compiled-route.ts';
import type { ResolvedGroup } from './groups.ts';
import { compileMessage } from './message/compile-message.ts';
import type { CompiledMessage } from './message/compiled-message.ts';
import { mainTextPath } from './message/fields.ts';
import { signalClauses } from './signal-failure.ts';

/** What all routes are compiled with. */
export interface RouteParts {
  readonly context: CompileContext;
  readonly schemas: AvroSchemas;
  readonly groups: ReadonlyMap<string, ResolvedGroup>;
}

export const digestVariables: readonly string[] = ['items', 'count', 'key'];

/** Compiles a route; what is wrong with it goes to the context's faults, and the result is then of no use. */
export function compileRoute(config: RouteConfig, index: number, parts: RouteParts): CompiledRoute {
  const { context } = parts;
  const { source } = config;
  const outer: readonly CelVariable[] = ['data', 'meta', 'now'];
  const types = typesOf(config, parts);
  const compile = (
    text: string | null,
    wanted: Wanted,
    path: readonly string[],
    variables: readonly CelVariable[],
    known: RouteTypes,
  ): Expression | null =>
    text === null ? null : context.expression(text, wanted, variables, known, source, path);

  const when = compile(config.when, 'bool', ['when'], outer, types);
  const forEach = compile(config.forEach, 'list', ['for_each'], outer, types);
  const inner: readonly CelVariable[] = config.forEach === null ? outer : [...outer, 'item'];
  const innerTypes = forEach === null ? types : withItems(types, forEach, context);
  const key = (text: string | undefined | null, path: readonly string[]): Expression | null =>
    compile(text ?? null, 'text', path, inner, innerTypes);

  // The message of a digest's members is never rendered on its own.
  const ownVariables = config.digest === null ? inner : [...inner, ...digestVariables];
  const message = choiceOf(config.template, config.message, ownVariables, innerTypes, context);
  const digestMessage =
    config.digest === null
      ? null
      : config.digest.template === null
        ? message
        : choiceOf(config.digest.template, null, [...outer, ...digestVariables], untyped, context);
  checkMessageKinds(config, message, context);
  return {
    config,
    index,
    agentId: context.config.dingtalk.apps.get(config.app)?.agentId ?? 0,
    when,
    forEach,
    audience: compileAudience(config.to, config.app, inner, innerTypes, parts.groups, source, context),
    locale: key(config.locale, ['locale']),
    message,
    digestMessage,
    dedupeKey: key(config.dedupe?.key, ['dedupe', 'key']),
    throttleKey: key(config.throttle?.key, ['throttle', 'key']),
    digestKey: key(config.digest?.key, ['digest', 'key']),
    correlation: key(config.correlation, ['correlation']),
  };
}

/** What the schemas say of the route's events: nothing where it takes every type. */
function typesOf(
  config: { type: readonly string[] | null; source: RouteConfig['source'] },
  parts: RouteParts,
): RouteTypes {
  if (config.type === null) return untyped;
  const known = config.type.map((type): KnownTypes => {
    const data = parts.schemas.records.get(type) ?? null;
    if (data === null) warnOfUnknownType(type, config, parts);
    return { data, item: null };
  });
  return { known };
}

/** Types of JSON events have no schema; one among types that do, or a misspelt one, is worth a warning. */
function warnOfUnknownType(
  type: string,
  config: { type: readonly string[] | null; source: RouteConfig['source'] },
  { schemas, context }: RouteParts,
): void {
  const meant = suggest(type, schemas.records.keys());
  const namespaces = [...schemas.records.keys()].map(namespaceOf);
  if (meant === null && !namespaces.includes(namespaceOf(type))) return;
  const message = `no event schema has the type ${type}`;
  const remedy = meant === null ? 'add its schema to event_schemas' : `did you mean ${meant}?`;
  context.warn(config.source, ['type'], 'unknown_type', message, remedy);
}

function namespaceOf(type: string): string {
  return type.includes('.') ? type.slice(0, type.lastIndexOf('.')) : '';
}

function withItems(types: RouteTypes, forEach: Expression, context: CompileContext): RouteTypes {
  return {
    known: types.known.map(({ data }) => ({
      data,
      item: context.checker({ data, item: null }, ['data', 'meta', 'now']).itemTypeOf(forEach.source),
    })),
  };
}

function choiceOf(
  name: string | null,
  inline: MessageConfig | null,
  variables: readonly string[],
  types: RouteTypes,
  context: CompileContext,
): MessageChoice {
  const variants = new Map<string, CompiledMessage>();
  if (name === null) {
    if (inline !== null) variants.set('', compileMessage(inline, variables, types, context));
  } else {
    for (const [locale, template] of variantsOf(name, context.config.templates)) {
      variants.set(locale, compileMessage(template, variables, types, context));
    }
  }
  return { name, variants, defaultLocale: context.config.defaultLocale };
}

/** What a route asks of its message and the message's type cannot do. */
function checkMessageKinds(config: RouteConfig, message: MessageChoice, context: CompileContext): void {
  const conflict = (path: readonly string[], text: string, remedy: string | null = null): void => {
    context.report(config.source, path, { code: 'conflict', message: text, remedy });
  };
  for (const { type, config: found } of message.variants.values()) {
    if (config.updateOn.length > 0 && type !== 'oa') {
      conflict(['update_on'], `update_on changes the status bar of an oa message, and this is ${type}`);
    }
    if (config.sameContent === 'append_event_time' && mainTextPath(type) === null) {
      conflict(['same_content'], `a message of type ${type} has no text that a time could be appended to`);
    }
    const statusBar = type === 'oa' && found.fields['status_bar'] !== undefined;
    const departments = !Array.isArray(config.to.deptIds) || config.to.deptIds.length > 0;
    if (statusBar && (config.to.toAllUser || departments)) {
      const text = 'a message with a status bar cannot go to departments or to everyone';
      conflict(['to'], text, 'name mobiles or userids');
    }
  }
}

/** Compiles what recalls and updates a route's notifications. */
export function compileSignals(route: CompiledRoute, parts: RouteParts): readonly CompiledSignal[] {
  const { recallOn, updateOn } = route.config;
  return [
    ...recallOn.flatMap((signal, index) => compileSignal('recall', signal, index, route, parts)),
    ...updateOn.flatMap((signal, index) => compileSignal('update', signal, index, route, parts)),
  ];
}

function compileSignal(
  kind: 'recall' | 'update',
  signal: SignalConfig | UpdateSignalConfig,
  index: number,
  route: CompiledRoute,
  parts: RouteParts,
): readonly CompiledSignal[] {
  const { context } = parts;
  const { source } = route.config;
  const key = signalClauses[kind];
  const many = (kind === 'recall' ? route.config.recallOn : route.config.updateOn).length > 1;
  const path = many ? [key, index] : [key];
  const types = typesOf({ type: signal.type, source }, parts);
  const variables: readonly CelVariable[] = ['data', 'meta', 'now'];
  const when =
    signal.when === null
      ? null
      : context.expression(signal.when, 'bool', variables, types, source, [...path, 'when']);
  const compiledKey = context.expression(signal.key, 'text', variables, types, source, [...path, 'key']);
  if (compiledKey === null) return [];
  const value = 'statusValue' in signal ? signal.statusValue : null;
  const statusValue =
    value === null || !containsLiquid(value)
      ? value
      : context.template(value, 'plain', variables, types, source, [...path, 'status_value']);
  return [
    {
      kind,
      route,
      on: signal.on ?? [...context.config.topics.keys()],
      type: signal.type,
      when,
      key: compiledKey,
      statusValue,
      statusBg: 'statusBg' in signal ? signal.statusBg : null,
    },
  ];
}
