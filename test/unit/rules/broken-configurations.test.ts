import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/config/fault.ts';
import { lint } from '../../../src/rules/lint.ts';
import { expectedFaults } from '../../fixtures/config-expected.ts';

const folder = 'test/fixtures/config';

function asLine(fault: Fault, name: string): string {
  const file = fault.file.replace(`${folder}/${name}/`, '');
  const severity = fault.severity === 'warning' ? ' warning' : '';
  const remedy = fault.remedy === null ? '' : ` → ${fault.remedy}`;
  const message = fault.message.replace(`${folder}/`, '');
  return `${file}:${fault.line}:${fault.col}${severity} ${fault.code} ${message}${remedy}`;
}

describe('lint tells every mistake at its place, in words for people', () => {
  it('has an expectation for every folder', () => {
    // Git keeps no empty folders, so a fixture of nothing is not among them.
    expect(readdirSync(folder).sort()).toEqual(
      Object.keys(expectedFaults)
        .filter((name) => existsSync(`${folder}/${name}`))
        .sort(),
    );
    expect(Object.keys(expectedFaults).length).toBeGreaterThanOrEqual(60);
  });

  it.each(Object.entries(expectedFaults))('%s', (name, expected) => {
    const report = lint({ path: `${folder}/${name}`, env: {} });
    expect(report.faults.map((fault) => asLine(fault, name))).toEqual(expected);
    expect(report.ok).toBe(expected.every((line) => line.includes(' warning ')));
  });
});
