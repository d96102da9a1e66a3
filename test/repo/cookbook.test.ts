import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCases } from '../../src/rules/cases.ts';
import { ownFilters, standardFilters } from '../../src/rules/liquid/filters.ts';
import { lint } from '../../src/rules/lint.ts';

describe.each(['config', 'docs/cookbook'])('%s', (path) => {
  const report = lint({ path, env: {} });

  it('lints clean', () => {
    expect(report.faults).toEqual([]);
  });

  it('does what its cases say, and every route has one', () => {
    const { compiled } = report;
    if (compiled === null) throw new Error('the configuration does not compile');
    const cases = runCases(compiled.config, compiled.rules);
    expect(cases.cases.filter((result) => !result.ok)).toEqual([]);
    expect(cases.cases.length).toBeGreaterThan(0);
    expect(cases.uncovered).toEqual([]);
  });
});

describe('docs/rules.md', () => {
  it('names every filter and every code of a fault', () => {
    const text = readFileSync('docs/rules.md', 'utf8');
    for (const name of [...Object.keys(ownFilters), ...standardFilters])
      expect(text).toContain(`\`${name}\``);
    const codes = readFileSync('src/config/fault.ts', 'utf8').matchAll(/^ {2}\| '(\w+)'/gm);
    for (const [, code] of codes) expect(text).toContain(`\`${code}\``);
  });
});

describe('the cookbook', () => {
  it('has ten recipes, each with cases, all named in docs/rules.md', () => {
    const recipes = readdirSync('docs/cookbook/routes');
    expect(recipes).toHaveLength(10);
    expect(readdirSync('docs/cookbook/cases')).toEqual(recipes);
    const text = readFileSync('docs/rules.md', 'utf8');
    for (const recipe of recipes) expect(text).toContain(`cookbook/routes/${recipe}`);
  });
});
