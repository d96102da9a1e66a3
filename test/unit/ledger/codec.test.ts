import { deepStrictEqual } from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeData, encodeData } from '../../../src/ledger/codec/values.ts';
import { decodeNotificationOf } from './round-trip.ts';
import { Decimal, Timestamp } from '../../../src/model/values.ts';
import { aNotification, mobile } from '../../fakes/builders.ts';

/** Everything that an event's data may hold, nested, with keys that look like the encoding's own. */
const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.string({ unit: 'binary' }),
  fc.bigInt(),
  fc.double(),
  fc.date({ noInvalidDate: false }),
  fc.tuple(fc.integer(), fc.integer({ min: 0, max: 999_999 })).map(([ms, nanos]) => new Timestamp(ms, nanos)),
  fc
    .tuple(fc.bigInt(), fc.integer({ min: 0, max: 30 }))
    .map(([unscaled, scale]) => new Decimal(unscaled, scale)),
  fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);
const key = fc.oneof(fc.constantFrom('$', 'v', '__proto__', 'constructor', ''), fc.string());
const { data } = fc.letrec((tie) => ({
  data: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('data'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('data')), { maxLength: 4 }).map(objectOf),
  ),
}));

/** As `JSON.parse` would make it: `__proto__` is a member like any other. */
function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return object;
}

describe('event data in the ledger', () => {
  it('comes back exactly as it went in, whatever it holds', () => {
    fc.assert(
      fc.property(data, (value) => {
        // vitest's own comparison trips over members that are called `constructor`.
        deepStrictEqual(decodeData(encodeData(value)), value);
      }),
      { numRuns: 500 },
    );
  });

  it('cannot smuggle in a prototype', () => {
    const decoded = decodeData(encodeData(objectOf([['__proto__', { admin: true }]])));
    expect((decoded as { admin?: boolean }).admin).toBeUndefined();
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });

  it('keeps what plain JSON would lose', () => {
    const value = { big: 2n ** 70n, minusZero: -0, none: Number.NaN, $: 'x', list: [undefined, 1] };
    expect(decodeData(encodeData(value))).toStrictEqual(value);
  });
});

describe('a notification in the ledger', () => {
  it('shows no mobile number but to the one who reveals it, and comes back whole', () => {
    const notification = aNotification({ audience: { userids: ['u'], mobiles: [mobile('13800001201')] } });
    const back = decodeNotificationOf(notification);
    expect(back).toStrictEqual(notification);
    expect(back.audience.mobiles[0]?.reveal()).toBe('13800001201');
    expect(inspect(back, { depth: null })).not.toContain('13800001201');
  });
});
