import { dirname, join, resolve } from 'node:path';
import { sha256 } from '../base/ids.ts';
import type { Config, EventSchemaFile } from './config.ts';
import type { SourceRef } from './source-ref.ts';
import { EnvText } from './env-text.ts';
import { sortFaults, type Fault, type FaultCode } from './fault.ts';
import { nodeFiles, type ConfigFiles } from './files.ts';
import { LoaderContext } from './loader-context.ts';
import { mend } from './mend.ts';
import { checkMedia } from './media.ts';
import { normaliseDingbus, type MainConfig } from './normalise-dingbus.ts';
import { readParts, type Parts } from './read-parts.ts';
import { TracedFiles, type Inputs } from './traced-files.ts';
import { checkReferences, type KnownNames } from './references.ts';
import type { Environment } from './variables.ts';
import { WrittenNumber } from './written-scalar.ts';
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
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly Fault[];
      readonly inputs: Inputs;
    }
  | {
      readonly ok: false;
      readonly faults: readonly Fault[];
      readonly lines: LineSource;
      readonly inputs: Inputs;
      /**
       * What could be understood, with stand-ins for the rest: only for finding further faults, never to be run.
       * Null when dingbus.yaml itself is beyond that.
       */
      readonly draft: Config | null;
    };

/** For underlining a fault in the line where it stands. */
export interface LineSource {
  line(file: string, line: number): string | null;
}

export function loadConfig(options: LoadOptions): LoadResult {
  const files = new TracedFiles(options.files ?? nodeFiles);
  const path = files.read(options.path).kind === 'folder' ? join(options.path, 'dingbus.yaml') : options.path;
  const context = new LoaderContext(files, options.env, dirname(path));
  const ref: SourceRef = { file: path, path: [], defaults: null };

  const raw = context.yaml(path, {
    ...wholeFile(path),
    message: 'there is no such file',
    remedy: 'name dingbus.yaml, or the folder that holds it',
  });
  // Even where dingbus.yaml has faults, the other files are read: all faults are told in one go.
  const checked = raw === null ? standIn(context) : context.checkAndMend(dingbusSchema, raw.value, ref);
  if (checked === null) {
    return {
      ok: false,
      faults: told(context),
      lines: context.sources,
      inputs: files.inputs(),
      draft: null,
    };
  }
  const { value: file, mended } = checked;
  const main = context.silently(mended, () => normaliseDingbus(file, ref, context));
  const parts = readParts(file, main.timeZone, ref, context, files);
  checkReferences(namesOf(main, mended, raw?.value), parts, ref, context);
  checkMedia(parts, ref, context);

  const faults = told(context);
  const config = assemble(main, parts, path, context);
  if (faults.some((fault) => fault.severity === 'error')) {
    return { ok: false, faults, lines: context.sources, inputs: files.inputs(), draft: config };
  }
  return { ok: true, config, warnings: faults, inputs: files.inputs() };
}

/** Where dingbus.yaml cannot be parsed, the other files are looked for at their usual places. */
function standIn(context: LoaderContext): { readonly value: DingbusFile; readonly mended: true } | null {
  const unparsed = context.faults.every((fault) => fault.code.startsWith('yaml_') || fault.code === 'env_syntax');
  const value = unparsed ? mend(dingbusSchema, {}) : null;
  return value === null ? null : { value, mended: true };
}

/** What the other files may refer to. A name counts even where its definition has faults of its own. */
function namesOf(main: MainConfig, mended: boolean, raw: unknown): KnownNames {
  const names = (known: Iterable<string>, ...path: readonly string[]): ReadonlySet<string> | null => {
    if (!mended) return new Set(known);
    let found: unknown = raw;
    for (const key of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : null;
    const isMapping = typeof found === 'object' && found !== null && !Array.isArray(found);
    return isMapping ? new Set([...known, ...Object.keys(found as object)]) : null;
  };
  return {
    topics: names(main.topics.keys(), 'topics'),
    apps: names(main.dingtalk.apps.keys(), 'dingtalk', 'apps'),
    defaultLocale: main.defaultLocale,
  };
}

/** The faults to tell. Where a value could not be read at all, nothing else is said of it. */
function told(context: LoaderContext): readonly Fault[] {
  const unread = context.faults.filter((fault) => unreadCodes.has(fault.code));
  const isConsequence = (fault: Fault): boolean =>
    valueCodes.has(fault.code) &&
    unread.some(
      ({ file, line, col }) =>
        file === fault.file && line === fault.line && col >= fault.col && col <= fault.col + fault.length,
    );
  return sortFaults(context.faults.filter((fault) => !isConsequence(fault)));
}

const unreadCodes: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'env_missing',
  'env_syntax',
  'yaml_syntax',
  'yaml_alias',
  'yaml_tag',
]);
const valueCodes: ReadonlySet<FaultCode> = new Set<FaultCode>(['wrong_type', 'wrong_value', 'conflict']);

function wholeFile(file: string): { file: string; line: number; col: number; length: number } {
  return { file, line: 1, col: 1, length: 0 };
}

function assemble(main: MainConfig, parts: Parts, path: string, context: LoaderContext): Config {
  return {
    ...main,
    hash: hashOf(context.effective, parts.eventSchemas),
    path: resolve(path),
    mainFile: path,
    baseDir: resolve(dirname(path)),
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
    if (inner instanceof WrittenNumber) return { number: inner.source };
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
