import { findByName } from '../base/name-pattern.ts';
import type { Config } from '../config/config.ts';
import type { SourceRef } from '../config/source-ref.ts';
import { sortFaults, type Fault } from '../config/fault.ts';
import { suggest } from '../config/suggest.ts';
import type { Event } from '../model/event.ts';
import { readAvroSchemas, type AvroSchemas } from './cel/avro-types.ts';
import { CompileContext, untyped } from './compile-context.ts';
import type { CompiledRoute } from './compiled-route.ts';
import { compileRoute, compileSignals, digestVariables, type RouteParts } from './compile-route.ts';
import { planDigest } from './digest.ts';
import { evaluateRoute } from './evaluate-route.ts';
import { eventFromInput } from './event-input.ts';
import { EventScope } from './event-scope.ts';
import { explainEvent } from './explain.ts';
import { resolveGroups } from './groups.ts';
import { compileIdentities } from './identity.ts';
import { compileMessage } from './message/compile-message.ts';
import type { CompiledMessage } from './message/compiled-message.ts';
import { compileLinkRule, type LinkRule } from './message/links.ts';
import { findSignalsOf, planEvent, type Program } from './plan-event.ts';
import { renderTemplate } from './render-template.ts';
import { RouteIndex } from './route-index.ts';
import type { Rules } from './rules.ts';

/**
 * This room turns the configuration into what follows from an event. Everything that a configuration can have wrong
 * in its expressions, templates and messages is found here, before anything runs; afterwards an event can make one
 * route fail, never the process. It must never read a clock, a file or the network.
 */
export type CompileResult =
  | { readonly ok: true; readonly rules: Rules; readonly faults: readonly Fault[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Variables of a template that nothing but its name is known of. */
export const templateVariables: readonly string[] = ['data', 'meta', 'now', 'item', ...digestVariables];

export function compileRules(config: Config): CompileResult {
  const context = new CompileContext(config);
  const schemas = readAvroSchemas(config.eventSchemas);
  for (const { file, message } of schemas.problems) {
    const ref: SourceRef = { file, path: [], defaults: null };
    context.report(ref, [], { code: 'schema_invalid', message, remedy: null });
  }
  const parts: RouteParts = { context, schemas, groups: resolveGroups(config.groups) };
  const identities = compileIdentities(context);
  const links = compileLinks(context);
  // Templates that no route uses are checked too.
  const templates = compileTemplates(context);
  const routes = config.routes.map((route, index) => compileRoute(route, index, parts));
  const signals = routes.flatMap((route) => compileSignals(route, parts));
  // A template is compiled for each route that uses it, so a fault of it may be found several times.
  const faults = sortFaults(context.faults);
  if (context.failed) return { ok: false, faults };

  const enabled = routes.filter((route) => route.config.enabled);
  const ordered = [
    ...enabled.filter((route) => !route.config.fallback),
    ...enabled.filter((route) => route.config.fallback),
  ];
  const program: Program = {
    routes,
    index: new RouteIndex(ordered, (route) => route.config),
    signals: new RouteIndex(signals, (signal) => signal),
    rules: { engine: context.liquid, timeZone: config.timeZone, links },
    timeZone: config.timeZone,
  };
  const rules = createRules(config, program, identities, templates, schemas);
  return { ok: true, rules, faults };
}

function createRules(
  config: Config,
  program: Program,
  identities: ReturnType<typeof compileIdentities>,
  templates: ReadonlyMap<string, CompiledMessage>,
  schemas: AvroSchemas,
): Rules {
  const byName = new Map(program.routes.map((route) => [route.config.name, route]));
  const candidateOf = (name: string, { meta }: Event): CompiledRoute | null =>
    program.index.find(meta.topic, meta.type).find((route) => route.config.name === name) ?? null;
  const scopeOf = (event: Event, now: number): EventScope => new EventScope(event, now, config.timeZone);
  return {
    hash: config.hash,
    couldMatch: (topic, type) => {
      // A topic's own `type:` decides, and it is known only after decoding.
      const known = (findByName(config.topics, topic)?.type ?? null) === null ? type : undefined;
      return program.index.has(topic, known) || program.signals.has(topic, known);
    },
    identity: (topic) => identities.get(findByName(config.topics, topic)?.name ?? topic) ?? null,
    plan: (event, now) => ({ ...planEvent(program, scopeOf(event, now)), configHash: config.hash }),
    planRoute: (name, event, now) => {
      const route = candidateOf(name, event);
      if (route === null) return null;
      const { notifications } = evaluateRoute(route, scopeOf(event, now), program.rules);
      return {
        notifications: notifications.map(({ planned }) => planned),
        signals: [],
        configHash: config.hash,
      };
    },
    planSignals: (name, event, now) => {
      const { signals, failures } = findSignalsOf(name, program, scopeOf(event, now));
      return { notifications: failures, signals, configHash: config.hash };
    },
    planDigest: (name, key, members, now) => {
      const route = byName.get(name);
      return route === undefined ? null : planDigest(program, route, key, members, now);
    },
    explain: (event, now) => explainEvent(program, scopeOf(event, now), config.hash),
    eventFrom: (input, now) => eventFromInput(input, now, schemas),
    render: (name, input, now) => {
      const template = templates.get(name);
      if (template !== undefined) return renderTemplate(program, template, input, now);
      return { kind: 'unknown_template', suggestion: suggest(name, templates.keys()) };
    },
  };
}

function compileLinks(context: CompileContext): readonly LinkRule[] | null {
  const { config } = context;
  if (config.links.allow === null) return null;
  const ref: SourceRef = { file: config.mainFile, path: [], defaults: null };
  return config.links.allow.flatMap((pattern, index) => {
    const result = compileLinkRule(pattern);
    if (result.ok) return [result.rule];
    const fault = { code: 'wrong_value' as const, message: result.message, remedy: null };
    context.report(ref, ['links', 'allow', index], fault);
    return [];
  });
}

function compileTemplates(context: CompileContext): ReadonlyMap<string, CompiledMessage> {
  const compiled = new Map<string, CompiledMessage>();
  for (const [name, template] of context.config.templates) {
    compiled.set(name, compileMessage(template, templateVariables, untyped, context));
  }
  return compiled;
}
