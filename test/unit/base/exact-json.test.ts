import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxJsonDepth, parseExactJson, parseExactJsonBytes } from '../../../src/base/exact-json.ts';

function valueOf(text: string): unknown {
  const parsed = parseExactJson(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}

describe('numbers', () => {
  it('are exact when whole, however long', () => {
    expect(valueOf('[0, -1, 9007199254740993, 123456789012345678901234567890]')).toEqual([
      0n,
      -1n,
      9007199254740993n,
      123456789012345678901234567890n,
    ]);
  });

  it('stay doubles when they have a fraction, beside long ones too', () => {
    expect(valueOf('{"a": 1.5, "b": 12345678901234567890}')).toEqual({ a: 1.5, b: 12345678901234567890n });
  });

  it('are whole by value, not by spelling', () => {
    expect(valueOf('[1.0, 1e3, -0]')).toEqual([1n, 1000n, 0n]);
  });

  it('of absurd length are refused in place of being converted for minutes', () => {
    expect(parseExactJson(`[1${'0'.repeat(200_000)}]`)).toEqual({
      ok: false,
      message: 'a number of more than 1000 digits',
    });
  });

  it('come back as they were, for any whole number', () => {
    fc.assert(
      fc.property(fc.bigInt(), (number) => {
        expect(valueOf(`{"n":[${number}]}`)).toEqual({ n: [number] });
      }),
    );
  });
});

describe('keys', () => {
  it('named __proto__ are content and change no prototype', () => {
    const value = valueOf('{"__proto__": {"polluted": 1}, "n": 12345678901234567890}') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(value, '__proto__')?.value).toEqual({ polluted: 1n });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('faults', () => {
  it('quote nothing of the text', () => {
    for (const text of ['{"mobile": 13800001201', '13800001201 x', '"13800001201', 'x13800001201', '']) {
      const parsed = parseExactJson(text);
      expect(parsed.ok).toBe(false);
      expect(JSON.stringify(parsed)).not.toContain('1380000');
    }
  });

  it('are given for nesting beyond the limit, however deep', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseExactJson(nested(maxJsonDepth)).ok).toBe(true);
    expect(parseExactJson(nested(maxJsonDepth + 1)).ok).toBe(false);
    expect(parseExactJson(nested(500_000)).ok).toBe(false);
  });

  it('are given for invalid UTF-8, while a byte order mark is skipped', () => {
    expect(parseExactJsonBytes(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toEqual({
      ok: false,
      message: 'not valid UTF-8',
    });
    expect(parseExactJsonBytes(Buffer.from('\uFEFF{"a":1}', 'utf8'))).toEqual({ ok: true, value: { a: 1n } });
  });
});

it('agrees with the engine on any document', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const plain: unknown = JSON.parse(text, (_key, value: unknown) =>
        typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value,
      );
      const exact = valueOf(text);
      // Beyond 2^53 the engine rounds and this parser does not; those are covered above.
      if (!/\d{16}|e/i.test(text)) expect(exact).toEqual(plain);
    }),
  );
});
