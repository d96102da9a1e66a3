import { fits } from '../base/name-pattern.ts';
import type { GroupConfig, RouteConfig, TemplateConfig } from './config.ts';
import type { SourceRef } from './source-ref.ts';
import type { LoaderContext } from './loader-context.ts';
import { placeholder } from './mend.ts';
import type { Parts } from './read-parts.ts';
import { suggest } from './suggest.ts';
import { containsLiquid } from './words.ts';

/** The names of dingbus.yaml that other files use; null = not known, because that part of it has faults. */
export interface KnownNames {
  readonly topics: ReadonlySet<string> | null;
  readonly apps: ReadonlySet<string> | null;
  readonly defaultLocale: string;
}

/** Checks that what one file names exists in the others, and that names are unique. */
export function checkReferences(
  main: KnownNames,
  parts: Parts,
  ref: SourceRef,
  context: LoaderContext,
): void {
  const seen = new Map<string, RouteConfig>();
  for (const route of parts.routes) {
    const other = seen.get(route.name);
    if (other !== undefined && route.name !== placeholder) {
      const place = context.sources.locate(other.source, ['name']);
      const message = `there is another route ${route.name}: ${place.file}:${place.line}`;
      context.report(route.source, ['name'], 'duplicate_name', message);
    }
    seen.set(route.name, route);
    checkRoute(route, main, parts, context);
  }
  for (const group of parts.groups.values()) checkGroup(group, parts, context);
  reportCycles(parts, context);
  for (const found of parts.cases) {
    const unknown = (name: string, path: readonly (string | number)[]) => {
      if (seen.has(name)) return;
      // A route with faults is not in the list; a case for it is no fault of its own.
      if (context.faults.some((fault) => fault.severity === 'error')) return;
      context.report(
        found.source,
        path,
        'unknown_key',
        `there is no route ${name}`,
        didYouMean(name, seen.keys()),
      );
    };
    found.expect.forEach((expectation, index) => {
      unknown(expectation.route, ['expect', index, 'route']);
    });
    found.expectSignals?.forEach((signal, index) => {
      unknown(signal.route, ['signals', index, 'route']);
    });
  }
  warnUnused(main, parts, ref, context);
}

/** Whether a topic is configured, by its name or by a pattern; a pattern also where it stands for configured topics. */
function isAmong(topics: Iterable<string>, name: string): boolean {
  for (const known of topics) if (fits(known, name) || fits(name, known)) return true;
  return false;
}

function didYouMean(word: string, known: Iterable<string>): string | null {
  const meant = suggest(word, known);
  return meant === null ? null : `did you mean ${meant}?`;
}

function checkRoute(route: RouteConfig, main: KnownNames, parts: Parts, context: LoaderContext): void {
  const topics = (names: readonly string[], path: readonly (string | number)[]): void => {
    names.forEach((name, index) => {
      if (main.topics === null || isAmong(main.topics, name) || name === placeholder) return;
      const at = context.sources.has(route.source.file, [...route.source.path, ...path, index])
        ? [index]
        : [];
      const remedy = didYouMean(name, main.topics) ?? 'add it to topics: in dingbus.yaml';
      context.report(
        route.source,
        [...path, ...at],
        'unknown_topic',
        `the topic ${name} is not configured`,
        remedy,
      );
    });
  };
  topics(route.on, ['on']);
  [...route.recallOn.entries()].forEach(([index, signal]) => {
    topics(signal.on ?? [], [...listPath(route, 'recall_on', index, context), 'on']);
  });
  [...route.updateOn.entries()].forEach(([index, signal]) => {
    topics(signal.on ?? [], [...listPath(route, 'update_on', index, context), 'on']);
  });
  if (main.apps !== null && !main.apps.has(route.app)) {
    const names = [...main.apps];
    const remedy = didYouMean(route.app, names) ?? `configured apps: ${names.join(', ')}`;
    context.report(route.source, ['app'], 'unknown_app', `there is no app ${route.app}`, remedy);
  }
  if (Array.isArray(route.to.groups)) {
    (route.to.groups as readonly string[]).forEach((name, index) => {
      if (containsLiquid(name) || parts.groupsBroken || parts.groups.has(name)) return;
      const remedy = didYouMean(name, parts.groups.keys());
      context.report(
        route.source,
        ['to', 'groups', index],
        'unknown_group',
        `there is no group ${name}`,
        remedy,
      );
    });
  }
  if (route.template !== null) {
    checkTemplate(route.template, ['template'], route, route.locale !== null, main, parts, context);
  }
  if (route.digest !== null && route.digest.template !== null) {
    checkTemplate(
      route.digest.template,
      ['digest', 'template'],
      route,
      route.locale !== null,
      main,
      parts,
      context,
    );
  }
}

function listPath(
  route: RouteConfig,
  key: string,
  index: number,
  context: LoaderContext,
): readonly (string | number)[] {
  const path = [...route.source.path, key, index];
  return context.sources.has(route.source.file, path) ? [key, index] : [key];
}

/** The templates that a name stands for: itself, and with a locale its variants. */
export function variantsOf(
  name: string,
  templates: ReadonlyMap<string, TemplateConfig>,
): ReadonlyMap<string, TemplateConfig> {
  const variants = new Map<string, TemplateConfig>();
  for (const [key, template] of templates) {
    if (key === name) variants.set('', template);
    else if (key.startsWith(`${name}.`)) variants.set(key.slice(name.length + 1), template);
  }
  return variants;
}

function checkTemplate(
  name: string,
  path: readonly string[],
  route: RouteConfig,
  localised: boolean,
  main: KnownNames,
  parts: Parts,
  context: LoaderContext,
): void {
  if (parts.brokenTemplates.has(name) || parts.templates.has(name)) return;
  const variants = variantsOf(name, parts.templates);
  if (localised && variants.size > 0) {
    if (variants.has(main.defaultLocale)) return;
    const message = `the template ${name} has no variant for the default locale ${main.defaultLocale}`;
    const remedy = `add ${name}.yaml or ${name}.${main.defaultLocale}.yaml`;
    context.report(route.source, path, 'unknown_locale', message, remedy);
    return;
  }
  const remedy =
    variants.size > 0
      ? 'its variants are chosen by `locale:`, which the route lacks'
      : didYouMean(name, parts.templates.keys());
  context.report(route.source, path, 'unknown_template', `there is no template ${name}`, remedy);
}

function checkGroup(group: GroupConfig, parts: Parts, context: LoaderContext): void {
  group.groups.forEach((name, index) => {
    if (parts.groups.has(name)) return;
    const remedy = didYouMean(name, parts.groups.keys());
    context.report(group.source, ['groups', index], 'unknown_group', `there is no group ${name}`, remedy);
  });
}

/** Each cycle is told once, at the member that closes it. */
function reportCycles(parts: Parts, context: LoaderContext): void {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string, trail: readonly string[]): void => {
    const group = parts.groups.get(name);
    if (group === undefined || state.get(name) === 'done') return;
    state.set(name, 'open');
    group.groups.forEach((member, index) => {
      if (state.get(member) === 'open') {
        const cycle = [...trail.slice(trail.indexOf(member)), member].join(' → ');
        context.report(group.source, ['groups', index], 'group_cycle', `the group contains itself: ${cycle}`);
      } else visit(member, [...trail, member]);
    });
    state.set(name, 'done');
  };
  for (const name of parts.groups.keys()) visit(name, [name]);
}

function warnUnused(main: KnownNames, parts: Parts, ref: SourceRef, context: LoaderContext): void {
  const names = parts.routes.flatMap((route) => [route.template, route.digest?.template ?? null]);
  const used = new Set(names.filter((name) => name !== null));
  const faulty = context.faults.some((fault) => fault.severity === 'error');
  for (const [name, template] of parts.templates) {
    const isUsed = [...used].some((wanted) => name === wanted || name.startsWith(`${wanted}.`));
    if (!isUsed && !faulty) {
      context.warn(template.source, [], 'unused_template', `no route uses the template ${name}`);
    }
  }
  const usedGroups = new Set([...parts.groups.values()].flatMap((group) => group.groups));
  let computed = false;
  for (const { to } of parts.routes) {
    if (!Array.isArray(to.groups)) computed = true;
    else
      for (const name of to.groups as readonly string[])
        if (containsLiquid(name)) computed = true;
        else usedGroups.add(name);
  }
  for (const group of parts.groups.values()) {
    if (!usedGroups.has(group.name) && !computed && !faulty) {
      context.warn(group.source, [], 'unused_group', `no route uses the group ${group.name}`);
    }
  }
  if (parts.routes.length === 0 && !faulty) {
    const remedy = 'add one to a file that `routes:` names, by default routes/*.yaml';
    context.warn(ref, [], 'no_routes', 'there is no route, so no event is told', remedy);
  }
  const signals = parts.routes.flatMap((route) => [...route.recallOn, ...route.updateOn]);
  const everywhere = signals.some((signal) => signal.on === null);
  const usedTopics = new Set([
    ...parts.routes.flatMap((route) => route.on),
    ...signals.flatMap((signal) => signal.on ?? []),
  ]);
  for (const name of main.topics ?? []) {
    if (!isAmong(usedTopics, name) && !everywhere && !faulty) {
      context.warn(ref, ['topics', name], 'unused_topic', `no route reads the topic ${name}`);
    }
  }
}
