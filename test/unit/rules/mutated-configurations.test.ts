import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../src/config/yaml-file.ts';
import { lint } from '../../../src/rules/lint.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';

/** The sample configuration as texts by path. */
function sample(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  const walk = (path: string): void => {
    for (const name of readdirSync(path)) {
      const inner = join(path, name);
      if (statSync(inner).isDirectory()) walk(inner);
      else files[inner] = readFileSync(inner, 'utf8');
    }
  };
  walk(folder);
  return files;
}

const files = { ...sample('config'), ...sample('schemas/events') };
const names = Object.keys(files).filter((name) => name.startsWith('config/') && name.endsWith('.yaml'));

type Mutation = (text: string, at: number, other: number) => string;

const lines = (change: (all: string[], index: number, other: number) => void): Mutation => {
  return (text, at, other) => {
    const all = text.split('\n');
    change(all, Math.floor(at * all.length), Math.floor(other * all.length));
    return all.join('\n');
  };
};

const mutations: Readonly<Record<string, Mutation>> = {
  dropLine: lines((all, index) => all.splice(index, 1)),
  doubleLine: lines((all, index) => all.splice(index, 0, all[index] ?? '')),
  swapLines: lines((all, index, other) => {
    [all[index], all[other]] = [all[other] ?? '', all[index] ?? ''];
  }),
  indentLine: lines((all, index) => {
    all[index] = `  ${all[index] ?? ''}`;
  }),
  retypeValue: lines((all, index, other) => {
    const values = [
      '',
      '5',
      'true',
      '[]',
      '{}',
      '"x"',
      'null',
      '- a',
      '*x',
      '!t x',
      '<<: x',
      '"{{ x "',
      '${NOPE}',
    ];
    const value = values[Math.floor(other * values.length) % values.length] ?? '';
    all[index] = (all[index] ?? '').replace(/:.*$/, `: ${value}`);
  }),
  retypeKey: lines((all, index) => {
    all[index] = (all[index] ?? '').replace(/[a-z](?=[a-z_]*:)/, 'q');
  }),
  cut: (text, at) => text.slice(0, Math.floor(at * text.length)),
  insert: (text, at, other) => {
    const noise = [
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      ':',
      '- ',
      '#',
      '&a ',
      '*a',
      '\t',
      '%',
      '|',
      '>',
      '\u0000',
      '🙂',
      '{{',
      '{%',
      '${',
    ];
    const index = Math.floor(at * text.length);
    return text.slice(0, index) + (noise[Math.floor(other * noise.length)] ?? '') + text.slice(index);
  },
  replaceByte: (text, at, other) => {
    const index = Math.floor(at * text.length);
    return text.slice(0, index) + String.fromCharCode(Math.floor(other * 128)) + text.slice(index + 1);
  },
};

const unit = fc.double({ min: 0, max: 0.999, noNaN: true });
const mutation = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...Object.keys(mutations)), unit, unit);

describe('a damaged configuration', () => {
  it('never crashes lint, and what lint passes really compiles', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged: Record<string, string> = { ...files };
        for (const [name, kind, at, other] of changes) {
          damaged[name] = mutations[kind]?.(damaged[name] ?? '', at, other) ?? '';
        }
        const report = lint({ path: 'config', env: {}, files: memoryFiles(damaged) });
        if (report.ok) expect(report.compiled).not.toBeNull();
        else expect(report.faults.some((fault) => fault.severity === 'error')).toBe(true);
        for (const { line, col, message, file } of report.faults) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(col).toBeGreaterThanOrEqual(1);
          expect(message.length).toBeLessThan(2000);
          expect(file).not.toBe('');
        }
      }),
      { numRuns: 80, seed: 20260302 },
    );
  });

  it.each([
    ['nothing but brackets', '['.repeat(200_000)],
    ['nothing but dashes', '- '.repeat(100_000)],
    ['nothing but anchors', '&a '.repeat(80_000)],
    ['nothing but tags', '!!'.repeat(100_000)],
    ['nothing but colons', ': '.repeat(100_000)],
    ['nothing but quotes', '"\n'.repeat(100_000)],
    ['nothing but question marks', '? '.repeat(100_000)],
    ['many small keys', Array.from({ length: 30_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['a quoted text without end', `a: "${'x\n'.repeat(100_000)}`],
    ['more bytes than a file may have', `a: ${'x'.repeat(300_000)}`],
    ['many references to variables', 'a: |\n' + '  ${X}\n'.repeat(30_000)],
  ])('of %s is refused or read, at once', (_, text) => {
    const { file, faults } = readYaml('f.yaml', Buffer.from(text), { X: '1' });
    expect(file !== null || faults.length > 0).toBe(true);
    expect(faults.length).toBeLessThan(20);
  });

  it.each([
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00, 0x41)],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0)],
    ['private characters', Buffer.from('a: \u{F0000}')],
  ])('of %s is a fault', (_, bytes) => {
    expect(readYaml('f.yaml', bytes, {}).faults[0]?.code).toBe('file_not_text');
  });
});
