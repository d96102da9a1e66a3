import { dirname } from 'node:path';
import type { CaseConfig, EventSchemaFile, GroupConfig, RouteConfig, TemplateConfig } from './config.ts';
import type { SourceRef } from './source-ref.ts';
import type { ConfigFiles } from './files.ts';
import { isMapping } from './fields.ts';
import { baseNameOf, expandGlob } from './globs.ts';
import type { LoaderContext } from './loader-context.ts';
import { caseOf } from './normalise-case.ts';
import { templateOf } from './normalise-message.ts';
import { routeOf } from './normalise-route.ts';
import { caseSchema, casesOutlineSchema } from './schema-cases.ts';
import type { DingbusFile } from './schema-dingbus.ts';
import { groupsFileSchema } from './schema-groups.ts';
import { defaultsSchema, routeSchema, routesOutlineSchema } from './schema-route.ts';
import { templateFileSchema } from './schema-template.ts';
import { namePattern } from './words.ts';

/** What the files besides dingbus.yaml hold. */
export interface Parts {
  readonly routes: readonly RouteConfig[];
  readonly templates: ReadonlyMap<string, TemplateConfig>;
  readonly groups: ReadonlyMap<string, GroupConfig>;
  readonly cases: readonly CaseConfig[];
  readonly eventSchemas: readonly EventSchemaFile[];
  /** Names that exist but whose definition has faults: a reference to them is no second fault. */
  readonly brokenTemplates: ReadonlySet<string>;
  readonly groupsBroken: boolean;
}

type PartKey = 'routes' | 'templates' | 'groups' | 'cases' | 'event_schemas';

const defaultGlobs: Readonly<Record<PartKey, readonly string[]>> = {
  routes: ['routes/*.yaml'],
  templates: ['templates/*.yaml'],
  groups: ['groups.yaml'],
  cases: ['cases/*.yaml'],
  event_schemas: [],
};

export function readParts(
  main: Partial<DingbusFile>,
  timeZone: string,
  ref: SourceRef,
  context: LoaderContext,
  files: ConfigFiles,
): Parts {
  const base = dirname(ref.file);
  const filesOf = (key: PartKey): readonly { file: string; named: Named | null }[] => {
    const globs = main[key] ?? defaultGlobs[key];
    const found = new Map<string, Named | null>();
    for (const glob of globs) {
      const expanded = expandGlob(base, glob, files);
      if (expanded.length === 0 && main[key] !== undefined) {
        context.warn(ref, [key], 'glob_empty', `no file matches ${glob}`);
      }
      for (const file of expanded) found.set(file, main[key] === undefined ? null : { key, glob });
    }
    return [...found].map(([file, named]) => ({ file, named }));
  };
  const read = (file: string, named: Named | null): { value: unknown } | null => {
    if (named === null) return context.yaml(file, null);
    const place = context.sources.locate(ref, [named.key]);
    return context.yaml(file, { ...place, message: `there is no file ${named.glob}`, remedy: null });
  };

  const templates = new Map<string, TemplateConfig>();
  const brokenTemplates = new Set<string>();
  for (const { file, named } of filesOf('templates')) {
    const source: SourceRef = { file, path: [], defaults: null };
    const name = baseNameOf(file);
    const raw = read(file, named);
    const checked = raw === null ? null : context.checkAndMend(templateFileSchema, raw.value, source);
    const template =
      checked === null
        ? null
        : context.silently(checked.mended, () => templateOf(name, checked.value, source, context));
    if (template === null) brokenTemplates.add(name);
    else if (templates.has(name)) {
      const other = templates.get(name)?.source.file ?? '';
      context.report(source, [], 'duplicate_name', `there is another template ${name}: ${other}`);
    } else templates.set(name, template);
  }

  const groups = new Map<string, GroupConfig>();
  let groupsBroken = false;
  for (const { file, named } of filesOf('groups')) {
    const raw = read(file, named);
    if (raw === null && named === null && files.read(file).kind === 'missing') continue;
    const source: SourceRef = { file, path: [], defaults: null };
    const checked = raw === null ? null : context.checkAndMend(groupsFileSchema, raw.value, source);
    groupsBroken ||= checked === null;
    for (const [name, group] of Object.entries(checked?.value.groups ?? {})) {
      const own: SourceRef = { file, path: ['groups', name], defaults: null };
      if (groups.has(name)) {
        context.report(own, [], 'duplicate_name', `there is another group ${name}`);
      }
      if (!namePattern.test(name)) {
        const message = 'the name of a group may hold letters, digits, . _ - (at most 80)';
        context.report(own, [], 'wrong_value', message);
      }
      groups.set(name, {
        name,
        description: group.description ?? null,
        mobiles: group.mobiles ?? [],
        userids: group.userids ?? [],
        deptIds: group.dept_id_list ?? [],
        groups: group.groups ?? [],
        source: own,
      });
    }
  }

  const routes = filesOf('routes').flatMap(({ file, named }) =>
    routesOf(file, read(file, named)?.value, timeZone, context),
  );
  const cases = filesOf('cases').flatMap(({ file, named }) =>
    casesOf(file, read(file, named)?.value, context),
  );
  const eventSchemas = filesOf('event_schemas').flatMap(({ file, named }) =>
    schemaOf(file, named, ref, context),
  );
  return { routes, templates, groups, cases, eventSchemas, brokenTemplates, groupsBroken };
}

/** A file that the configuration names, and by which words. */
interface Named {
  readonly key: PartKey;
  readonly glob: string;
}

function routesOf(
  file: string,
  value: unknown,
  timeZone: string,
  context: LoaderContext,
): readonly RouteConfig[] {
  const whole: SourceRef = { file, path: [], defaults: null };
  // Nothing was read, and that is reported already; an empty file is reported here.
  if (value === undefined) return [];
  const outline = context.check(routesOutlineSchema, value, whole);
  if (outline === null) return [];
  const hasDefaults = outline.defaults !== undefined;
  const defaultsRef: SourceRef = { file, path: ['defaults'], defaults: null };
  if (hasDefaults) context.check(defaultsSchema, outline.defaults, defaultsRef);
  const defaults = isMapping(outline.defaults) ? outline.defaults : {};
  return outline.routes.flatMap((route, index) => {
    const source: SourceRef = {
      file,
      path: ['routes', index],
      defaults: hasDefaults ? ['defaults'] : null,
    };
    const merged = isMapping(route) ? withDefaults(defaults, route) : route;
    const checked = context.checkAndMend(routeSchema, merged, source);
    if (checked === null) return [];
    return [context.silently(checked.mended, () => routeOf(checked.value, source, timeZone, context))];
  });
}

/** Key by key: what a route says replaces what the defaults say. A message of its own replaces a default template. */
function withDefaults(defaults: object, route: object): object {
  const merged: Record<string, unknown> = { ...defaults, ...route };
  if ('message' in route && !('template' in route)) delete merged['template'];
  if ('template' in route && !('message' in route)) delete merged['message'];
  return merged;
}

function casesOf(file: string, value: unknown, context: LoaderContext): readonly CaseConfig[] {
  if (value === undefined) return [];
  const outline = context.check(casesOutlineSchema, value, { file, path: [], defaults: null });
  return (outline?.cases ?? []).flatMap((found, index) => {
    const source: SourceRef = { file, path: ['cases', index], defaults: null };
    const checked = context.check(caseSchema, found, source);
    return checked === null ? [] : [caseOf(checked, source)];
  });
}

function schemaOf(
  file: string,
  named: Named | null,
  ref: SourceRef,
  context: LoaderContext,
): readonly EventSchemaFile[] {
  const place = context.sources.locate(ref, ['event_schemas']);
  const missing = { ...place, message: `there is no file ${named?.glob ?? file}`, remedy: null };
  const bytes = context.bytes(file, missing);
  if (bytes === null) return [];
  try {
    const schema: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return [{ file, schema }];
  } catch (error) {
    // JSON.parse throws on what is no JSON; that is the user's fault to mend, with its place unknown.
    const text = error instanceof Error ? error.message.slice(0, 200) : '';
    const [, reason = text, line = '1', col = '1'] =
      /^(.*?)(?: in JSON)? at position \d+ \(line (\d+) column (\d+)\)$/.exec(text) ?? [];
    context.faults.push({
      file,
      line: Number(line),
      col: Number(col),
      length: 0,
      severity: 'error',
      code: 'schema_invalid',
      message: `the schema is not JSON: ${reason}`,
      remedy: null,
    });
    return [];
  }
}
