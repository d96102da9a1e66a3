import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../../src/model/dead-letter.ts';
import type { RawRecord } from '../../../src/model/record.ts';
import { decodeDeadLetter, encodeDeadLetter } from '../../../src/results/dead-letter.ts';
import { aRecord } from '../../fakes/builders.ts';

const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
const anyRecord: fc.Arbitrary<RawRecord> = fc
  .record({
    topic: fc.string({ minLength: 1 }),
    partition: fc.nat(),
    offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc.array(fc.record({ key: fc.string(), value: fc.option(bytes) }), { maxLength: 5 }),
  })
  .map((parts) => aRecord(parts));

function aDeadLetter(overrides: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id: 'dlq_1',
    record: aRecord(),
    stage: 'render',
    reason: 'template_error',
    message: 'markdown: 变量不存在',
    exceptionClass: 'dingbus.RuleError',
    route: 'refund-needs-approval',
    notificationId: 'ntf_1',
    ...overrides,
  };
}

/** The record as it would be read from the dead-letter topic. */
function published(deadLetter: DeadLetter): RawRecord {
  return {
    ...aRecord({ topic: 'dingbus.dead-letters', partition: 9, offset: 99n }),
    ...encodeDeadLetter(deadLetter),
  };
}

describe('a dead letter', () => {
  it('keeps the original byte for byte, its headers first, repeats and nulls in place', () => {
    const headers = [
      { key: 'a', value: Buffer.from([255]) },
      { key: 'b', value: null },
      { key: 'a', value: Buffer.alloc(0) },
    ];
    const record = aRecord({ headers, key: Buffer.from([0]), value: Buffer.from([0, 1, 2]) });
    const encoded = encodeDeadLetter(aDeadLetter({ record }));
    expect(encoded.key).toBe(record.key);
    expect(encoded.value).toBe(record.value);
    expect(encoded.headers.slice(0, 3)).toEqual(headers);
  });

  it('says behind them what happened, under the names that other tools know', () => {
    const { headers } = encodeDeadLetter(aDeadLetter());
    expect(headers.map(({ key, value }) => [key, value?.toString('utf8')])).toEqual([
      ['__connect.errors.topic', 'shop.orders'],
      ['__connect.errors.partition', '0'],
      ['__connect.errors.offset', '7'],
      ['__connect.errors.connector.name', 'dingbus'],
      ['__connect.errors.task.id', '0'],
      ['__connect.errors.stage', 'render'],
      ['__connect.errors.class.name', 'dingbus.rules.render'],
      ['__connect.errors.exception.class.name', 'dingbus.RuleError'],
      ['__connect.errors.exception.message', 'markdown: 变量不存在'],
      ['dingbus.reason', 'template_error'],
      ['dingbus.route', 'refund-needs-approval'],
      ['dingbus.notification-id', 'ntf_1'],
      ['dingbus.dead-letter-id', 'dlq_1'],
    ]);
  });

  it('of a record that is no event names neither route nor notification', () => {
    const deadLetter = aDeadLetter({
      stage: 'decode',
      reason: 'undecodable',
      route: null,
      notificationId: null,
    });
    const { headers } = encodeDeadLetter(deadLetter);
    expect(headers.some(({ key }) => key === 'dingbus.route' || key === 'dingbus.notification-id')).toBe(
      false,
    );
    expect(decodeDeadLetter(published(deadLetter))).toEqual(deadLetter);
  });

  it('gives the original record back when it is read, whatever that was', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const deadLetter = aDeadLetter({ record });
        expect(decodeDeadLetter(published(deadLetter))).toEqual(deadLetter);
      }),
    );
  });

  it('that died twice tells the last death, and the first stays part of the record', () => {
    const first = published(aDeadLetter({ id: 'dlq_first' }));
    const second = aDeadLetter({ id: 'dlq_second', record: first, route: null });
    expect(decodeDeadLetter(published(second))).toEqual(second);
    expect(decodeDeadLetter(decodeDeadLetter(published(second))!.record)?.id).toBe('dlq_first');
  });
});

describe('a record of the dead-letter topic that is not ours', () => {
  it('is told as such in place of half a dead letter', () => {
    const connect = [{ key: '__connect.errors.topic', value: Buffer.from('x') }];
    for (const headers of [[], connect]) expect(decodeDeadLetter(aRecord({ headers }))).toBeNull();
  });

  it('never makes reading fail', () => {
    fc.assert(
      fc.property(anyRecord, fc.nat(12), bytes, (record, index, value) => {
        const headers = published(aDeadLetter({ record })).headers.with(record.headers.length + index, {
          key: 'dingbus.reason',
          value,
        });
        decodeDeadLetter({ ...record, headers });
      }),
    );
  });
});
