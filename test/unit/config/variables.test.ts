import { describe, expect, it } from 'vitest';
import { EnvText } from '../../../src/config/env-text.ts';
import { readYaml } from '../../../src/config/yaml-file.ts';

function read(text: string, env: Record<string, string> = {}) {
  const { file, faults } = readYaml('f.yaml', Buffer.from(text), env);
  return {
    value: file?.value,
    faults: faults.map(({ line, col, code, message }) => `${line}:${col} ${code} ${message}`),
  };
}

function text(value: unknown): unknown {
  return value instanceof EnvText ? value.text : value;
}

describe('variables', () => {
  it('are filled in wherever a value may stand, also within the braces of a flow mapping', () => {
    const { value, faults } = read('kafka: { brokers: ${KAFKA_BROKERS:-127.0.0.1:9092}, group_id: ${G} }\n', {
      G: 'dingbus',
    });
    const kafka = (value as { kafka: Record<string, unknown> }).kafka;
    expect(faults).toEqual([]);
    expect(text(kafka['brokers'])).toBe('127.0.0.1:9092');
    expect(text(kafka['group_id'])).toBe('dingbus');
  });

  it('take their default when they are unset or empty', () => {
    expect(text(read('${A:-x}', {}).value)).toBe('x');
    expect(text(read('${A:-x}', { A: '' }).value)).toBe('x');
    expect(text(read('${A:-x}', { A: 'y' }).value)).toBe('y');
    expect(text(read('${A:-}', {}).value)).toBe('');
  });

  it('are named when they are missing, all of them at once', () => {
    expect(read('a: ${A}\nb: "x ${B} y ${C:-c}"\n').faults).toEqual([
      '1:4 env_missing the environment variable A is not set',
      '2:7 env_missing the environment variable B is not set',
    ]);
  });

  it('stay text when the dollar sign is doubled, and leave Liquid alone', () => {
    expect(text(read('"$${A} ${{ data.price }} $5 {{ x }}"').value)).toBe('${A} ${{ data.price }} $5 {{ x }}');
  });

  it('do not reach into the objects of the program', () => {
    expect(read('${constructor}').faults).toHaveLength(1);
    expect(read('${__proto__}').faults).toHaveLength(1);
  });

  it('cannot bring YAML of their own', () => {
    const { value } = read('a: ${A}\n', { A: 'x\nb: 1' });
    expect(Object.keys(value as object)).toEqual(['a']);
  });

  it('work in block texts and keep the places of what follows', () => {
    const { value, faults } = read('a: |\n  one ${A} two\nb: ${MISSING}\n', { A: '1' });
    expect(text((value as { a: unknown }).a)).toBe('one 1 two\n');
    expect(faults).toEqual(['3:4 env_missing the environment variable MISSING is not set']);
  });

  it('refuses what looks like a reference and is none', () => {
    expect(read('a: "${A B}"').faults).toEqual(['1:5 env_syntax ${A B} is not a reference to a variable']);
    expect(read('a: "${A"').faults).toEqual([
      '1:5 env_syntax the reference to a variable is not closed with }',
    ]);
    expect(read('a: "${A:-${B}}"').faults[0]).toContain('a default may not contain braces');
  });
});
