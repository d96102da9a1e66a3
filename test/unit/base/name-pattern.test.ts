import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleOf, findByName, fits, isPattern } from '../../../src/base/name-pattern.ts';

describe('a pattern', () => {
  it.each([
    ['shop.*', 'shop.orders', true],
    ['shop.*', 'shop.', true],
    ['shop.*', 'shop', false],
    ['shop.*', 'my.shop.orders', false],
    ['*.orders', 'shop.orders', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['shop.*.v1', 'shop.orders.v1', true],
    ['shop.*.v1', 'shop.orders.v1.v2', false],
    ['shop.orders', 'shop.orders', true],
    ['shop.orders', 'shopXorders', false],
    ['shop.*', 'shop.eu.*', true],
    ['shop.eu.*', 'shop.*', false],
  ])('%s, name %s: %s', (pattern, name, expected) => {
    expect(fits(pattern, name)).toBe(expected);
  });

  it('means the same as the regular expression with .* for each *', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
    const names = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
    fc.assert(
      fc.property(letters, names, (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        expect(fits(pattern, name)).toBe(expression.test(name));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes no time to speak of, however it is made', () => {
    const began = process.cpuUsage().user;
    expect(fits(`${'*a'.repeat(120)}*b`, 'a'.repeat(249))).toBe(false);
    expect(process.cpuUsage().user - began).toBeLessThan(1_000_000);
  });

  it('stands for its example', () => {
    for (const pattern of ['shop.*', '*', 'a*b*']) expect(fits(pattern, exampleOf(pattern))).toBe(true);
    expect(isPattern(exampleOf('a*b*'))).toBe(false);
  });
});

it('a name of its own goes before patterns, and the first pattern before later ones', () => {
  const entries = new Map([
    ['shop.*', 1],
    ['shop.orders', 2],
    ['*', 3],
  ]);
  expect(['shop.orders', 'shop.refunds', 'hr.leave'].map((name) => findByName(entries, name))).toEqual([
    2, 1, 3,
  ]);
  expect(findByName(new Map([['shop.*', 1]]), 'hr.leave')).toBeUndefined();
});
