import { dirname, join, resolve } from 'node:path';
import { sha256 } from '../base/ids.ts';
import type { Config, EventSchemaFile } from './config.ts';
import type { SourceRef } from './source-ref.ts';
import { EnvText } from './env-text.ts';
import { sortFaults, type Fault } from './fault.ts';
import { nodeFiles, type ConfigFiles } from './files.ts';
import { LoaderContext } from './loader-context.ts';
import { checkMedia } from './media.ts';
import { normaliseDingbus, type MainConfig } from './normalise-dingbus.ts';
import { readParts, type Parts } from './read-parts.ts';
import { checkReferences } from './references.ts';
import type { Environment } from './variables.ts';
import { dingbusSchema, type DingbusFile } from './schema-dingbus.ts';

/**
 * This room turns YAML files and environment variables into one typed, immutable `Config`, or into every fault of
 * every file with its place. It never runs with half a configuration, never throws on what a user wrote, and never
 * shows a secret. It knows nothing of what expressions and templates mean: that is for the rules.
 */
export interface LoadOptions {
  /** dingbus.yaml, or the folder that holds it. */
  readonly path: string;
  readonly env: Environment;
  readonly files?: ConfigFiles;
}

export type LoadResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly Fault[] }
  | { readonly ok: false; readonly faults: readonly Fault[]; readonly lines: LineSource };

/** For underlining a fault in the line where it stands. */
export interface LineSource {
  line(file: string, line: number): string | null;
}

export function loadConfig(options: LoadOptions): LoadResult {
  const files = options.files ?? nodeFiles;
  const path = files.read(options.path).kind === 'folder' ? join(options.path, 'dingbus.yaml') : options.path;
  const context = new LoaderContext(files, options.env, dirname(path));
  const ref: SourceRef = { file: path, path: [], defaults: null };

  const raw = context.yaml(path, {
    ...wholeFile(path),
    message: 'there is no such file',
    remedy: 'name dingbus.yaml, or the folder that holds it',
  });
  const file = raw === null ? null : context.check(dingbusSchema, raw.value, ref);
  const main = file === null ? null : normaliseDingbus(file, ref, context);
  // Even where dingbus.yaml has faults, the other files are read: all faults are told in one go.
  const outline = file ?? outlineOf(raw?.value);
  const parts = readParts(outline, main?.timeZone ?? 'Asia/Shanghai', ref, context, files);
  if (main !== null) checkReferences(main, parts, ref, context);
  checkMedia(parts, ref, context);

  const faults = sortFaults(context.faults);
  if (main === null || faults.some((fault) => fault.severity === 'error')) {
    return { ok: false, faults, lines: context.sources };
  }
  return { ok: true, config: assemble(main, parts, path, context), warnings: faults };
}

function wholeFile(file: string): { file: string; line: number; col: number; length: number } {
  return { file, line: 1, col: 1, length: 0 };
}

/** What a broken dingbus.yaml still says about the other files. */
function outlineOf(value: unknown): Partial<DingbusFile> {
  if (typeof value !== 'object' || value === null) return {};
  const texts = (key: string): readonly string[] | undefined => {
    const found = (value as Record<string, unknown>)[key];
    const items: unknown[] = Array.isArray(found) ? found : [found];
    const known = items.map((item) => (item instanceof EnvText ? item.text : item));
    return found !== undefined && known.every((item) => typeof item === 'string') ? known : undefined;
  };
  const outline: Record<string, readonly string[]> = {};
  for (const key of ['routes', 'templates', 'groups', 'cases', 'event_schemas']) {
    const found = texts(key);
    if (found !== undefined) outline[key] = found;
  }
  return outline;
}

function assemble(main: MainConfig, parts: Parts, path: string, context: LoaderContext): Config {
  return {
    ...main,
    hash: hashOf(context.effective, parts.eventSchemas),
    path: resolve(path),
    mainFile: path,
    baseDir: resolve(dirname(path)),
    files: [...new Set(context.filesRead.map((file) => resolve(file)))],
    eventSchemas: parts.eventSchemas,
    routes: parts.routes,
    templates: parts.templates,
    groups: parts.groups,
    cases: parts.cases,
    sources: context.sources,
  };
}

/**
 * The name of a configuration's content. Files count in order with what took effect, so a comment or another way to
 * write the same thing changes nothing, and a variable's value does.
 */
function hashOf(effective: readonly [string, unknown][], schemas: readonly EventSchemaFile[]): string {
  const parts = effective.map(([name, value]) => sha256(`${name}\n${canonical(value)}`));
  return sha256([...parts, ...schemas.map(({ schema }) => sha256(canonical(schema)))].join('\n')).slice(
    0,
    12,
  );
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return { whole: String(inner) };
    if (inner instanceof EnvText) return inner.text;
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
