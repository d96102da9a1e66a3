import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ReadingFormat } from '../../../src/events/outcome.ts';
import { aRecord } from '../../fakes/builders.ts';
import { decoder, framed, reading } from './decoding.ts';

const formats: readonly ReadingFormat[] = ['auto', 'json', 'avro', 'json_schema', 'protobuf', 'cloudevents'];

const names = fc.oneof(
  fc.string(),
  fc.constantFrom(
    'content-type',
    'ce_specversion',
    'ce_id',
    'ce_source',
    'ce_type',
    'ce_time',
    'traceparent',
    '__proto__',
  ),
);
const contentTypes = fc.constantFrom(
  'application/json',
  'application/cloudevents+json',
  'application/cloudevents-batch+json; charset=utf-8',
  'text/plain',
  ';',
);
const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
const texts = fc.oneof(
  bytes,
  contentTypes.map((text) => Buffer.from(text)),
  fc.constant(null),
);
const values = fc.oneof(
  bytes,
  fc.json().map((text) => Buffer.from(text)),
  bytes.map((body) => Buffer.concat([framed({ order_id: 'x', amount_cents: 1 }).subarray(0, 5), body])),
  bytes.map((body) => Buffer.concat([Buffer.from([0]), body])),
  fc.constant(null),
);

const records = fc.record({
  value: values,
  key: fc.option(bytes),
  timestamp: fc.oneof(fc.integer(), fc.constantFrom(-1, Number.MAX_SAFE_INTEGER)),
  offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  headers: fc.array(fc.record({ key: names, value: texts }), { maxLength: 6 }),
});

it('any record ends as events, tombstone or dead letter, and its hint never contradicts', async () => {
  await fc.assert(
    fc.asyncProperty(records, fc.constantFrom(...formats), async (parts, format) => {
      const record = aRecord(parts);
      const how = reading(format);
      const outcome = await decoder.decode(record, how);
      expect(['events', 'tombstone', 'dead_letter']).toContain(outcome.kind);
      if (outcome.kind !== 'events') return;
      const hint = decoder.typeHint(record, how);
      for (const { meta } of outcome.events) {
        expect(meta.source).not.toBe('');
        expect(meta.id).not.toBe('');
        if (hint !== undefined) expect(meta.type).toBe(hint);
      }
    }),
    { numRuns: 3_000 },
  );
});
