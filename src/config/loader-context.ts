import { relative } from 'node:path';
import type { z } from 'zod';
import { Secret } from '../base/sensitive.ts';
import type { SourceRef } from './source-ref.ts';
import type { Fault, FaultCode } from './fault.ts';
import type { ConfigFiles } from './files.ts';
import { pathFrom } from './globs.ts';
import { mend } from './mend.ts';
import type { SecretSource } from './secret-field.ts';
import { FileSources } from './source-map.ts';
import type { Environment } from './variables.ts';
import { readYaml } from './yaml-file.ts';
import type { KeyPath } from './yaml-tree.ts';
import { faultsOf } from './zod-faults.ts';

/** What the steps of loading share: the files, the faults found so far, and where everything stands. */
export class LoaderContext {
  readonly sources = new FileSources();
  readonly faults: Fault[] = [];
  /** What the configuration's hash is made of: file by file, what took effect. */
  readonly effective: [string, unknown][] = [];
  readonly #files: ConfigFiles;
  readonly #env: Environment;
  readonly #base: string;

  constructor(files: ConfigFiles, env: Environment, base: string) {
    this.#files = files;
    this.#env = env;
    this.#base = base;
  }

  /** Reads and parses one file; null when that failed, which is then reported. */
  yaml(file: string, missing: Omit<Fault, 'code' | 'severity'> | null): { value: unknown } | null {
    const bytes = this.bytes(file, missing);
    if (bytes === null) return null;
    const { file: parsed, faults } = readYaml(file, bytes, this.#env);
    this.faults.push(...faults);
    if (parsed === null) return null;
    this.sources.add(parsed);
    this.effective.push([relative(this.#base, file), parsed.value]);
    return { value: parsed.value };
  }

  /** The bytes of one file; `missing` says how to report a file that is not there (null: not at all). */
  bytes(file: string, missing: Omit<Fault, 'code' | 'severity'> | null): Uint8Array | null {
    const outcome = this.#files.read(file);
    const whole = { file, line: 1, col: 1, length: 0, severity: 'error' as const, remedy: null };
    switch (outcome.kind) {
      case 'bytes':
        return outcome.bytes;
      case 'missing':
        if (missing !== null) this.faults.push({ ...missing, severity: 'error', code: 'file_missing' });
        return null;
      case 'folder':
        this.faults.push({ ...whole, code: 'file_unreadable', message: 'this is a folder, not a file' });
        return null;
      case 'too_large':
        this.faults.push({
          ...whole,
          code: 'file_too_large',
          message: `the file has ${outcome.bytes} bytes`,
        });
        return null;
      case 'unreadable':
        this.faults.push({ ...whole, code: 'file_unreadable', message: `cannot be read: ${outcome.reason}` });
        return null;
    }
  }

  /** Whether there is a file of content. */
  isFile(file: string): boolean {
    return this.#files.read(file).kind === 'bytes';
  }

  /** Checks a value against its definition; null when it does not fit, which is then reported. */
  check<T>(schema: z.ZodType<T>, value: unknown, ref: SourceRef): T | null {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    this.faults.push(...faultsOf(result.error, value, this.sources, ref));
    return null;
  }

  /**
   * Like `check`, but what does not fit is mended, so that the rest can be checked further. Null = beyond mending.
   */
  checkAndMend<T>(
    schema: z.ZodType<T>,
    value: unknown,
    ref: SourceRef,
  ): { readonly value: T; readonly mended: boolean } | null {
    const checked = this.check(schema, value, ref);
    if (checked !== null) return { value: checked, mended: false };
    const mended = mend(schema, value);
    return mended === null ? null : { value: mended, mended: true };
  }

  /** Runs a step whose findings count only if what it looks at was not mended. */
  silently<T>(mended: boolean, step: () => T): T {
    const before = this.faults.length;
    const result = step();
    if (mended) this.faults.length = before;
    return result;
  }

  report(
    ref: SourceRef,
    path: KeyPath,
    code: FaultCode,
    message: string,
    remedy: string | null = null,
  ): void {
    this.faults.push({ ...this.sources.locate(ref, path), severity: 'error', code, message, remedy });
  }

  warn(ref: SourceRef, path: KeyPath, code: FaultCode, message: string, remedy: string | null = null): void {
    this.faults.push({ ...this.sources.locate(ref, path), severity: 'warning', code, message, remedy });
  }

  /** The text of a secret or certificate; null when its file cannot be read, which is then reported. */
  secretText(source: SecretSource, ref: SourceRef, path: KeyPath): string | null {
    if (source.kind === 'text') {
      return source.text;
    }
    const file = pathFrom(this.#base, source.path);
    const outcome = this.#files.read(file);
    if (outcome.kind !== 'bytes' || outcome.bytes.length > 65_536) {
      const why = outcome.kind === 'missing' ? 'is not there' : 'cannot be read';
      this.report(ref, path, 'secret_file', `the file ${source.path} ${why}`);
      return null;
    }
    const text = Buffer.from(outcome.bytes).toString('utf8').trim();
    this.effective.push([source.path, text]);
    if (text === '') this.report(ref, path, 'secret_file', `the file ${source.path} is empty`);
    return text;
  }

  secret(source: SecretSource, ref: SourceRef, path: KeyPath): Secret {
    if (source.kind === 'text' && source.text === '') {
      this.report(ref, path, 'wrong_value', `${String(path.at(-1))} is empty`);
    } else if (source.kind === 'text' && source.literal) {
      const remedy = 'write ${NAME} or { file: path }';
      this.warn(ref, path, 'insecure', `${String(path.at(-1))} stands in the file itself`, remedy);
    }
    return new Secret(this.secretText(source, ref, path) ?? '');
  }
}
