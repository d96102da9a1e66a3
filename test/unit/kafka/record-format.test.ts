import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessages, kafkajs } from '../../../src/kafka/kafkajs.ts';
import { encodedSize } from '../../../src/kafka/record-format.ts';
import type { RecordHeader } from '../../../src/model/record.ts';

/**
 * Goes through the library's own producing and consuming code, into which ours was put: a new version of it that no
 * longer takes our functions fails here.
 */
const load = createRequire(import.meta.url);

interface Encoded {
  readonly buffer: Buffer;
}
interface ProduceRequest {
  encode(): Promise<Encoded>;
}
const produce = load('kafkajs/src/protocol/requests/produce/v3/request.js') as (request: {
  acks: number;
  timeout: number;
  compression?: number;
  topicData: unknown[];
}) => ProduceRequest;
const Decoder = load('kafkajs/src/protocol/decoder.js') as new (
  bytes: Buffer,
) => Parameters<typeof decodeMessages>[0];

interface Sent {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
  readonly timestamp?: string;
}

/** What a consumer gets of what a producer sent, by way of the bytes of one produce request. */
async function transmit(messages: readonly Sent[], compression = kafkajs.CompressionTypes.None) {
  const topicData = [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages }] }];
  const request = await produce({ acks: -1, timeout: 1, compression, topicData }).encode();
  // Before the records: transactional id, acks, timeout, number of topics, topic, number of partitions, partition.
  const before = 2 + 2 + 4 + 4 + (2 + 1) + 4 + 4;
  const records = await decodeMessages(new Decoder(request.buffer.subarray(before)));
  return records.map(({ key, value, headers, offset, timestamp }) => ({
    key,
    value,
    headers,
    offset,
    timestamp,
  }));
}

/** What a consumer gets of records with these timestamps, which the library's producer could not send. */
async function received(timestamps: readonly bigint[]) {
  const [first = 0n] = timestamps;
  const records = Buffer.concat(timestamps.map((time, index) => recordOf(time - first, index)));
  const header = Buffer.alloc(61);
  header.writeInt32BE(49 + records.length, 8);
  header.writeInt8(2, 16);
  header.writeInt32BE(timestamps.length - 1, 23);
  header.writeBigInt64BE(first, 27);
  header.writeInt32BE(timestamps.length, 57);
  const size = Buffer.alloc(4);
  size.writeInt32BE(header.length + records.length);
  return decodeMessages(new Decoder(Buffer.concat([size, header, records])));
}

/** A record without key, value and headers. */
function recordOf(timestampDelta: bigint, offsetDelta: number): Buffer {
  const body = Buffer.from([0, ...varLong(timestampDelta), ...varLong(BigInt(offsetDelta)), 1, 1, 0]);
  return Buffer.concat([Buffer.from(varLong(BigInt(body.length))), body]);
}

/** A delta of 64 bits may overflow them, as it does in the broker's own arithmetic. */
function varLong(value: bigint): number[] {
  const signed = BigInt.asIntN(64, value);
  const encoded: number[] = [];
  let raw = BigInt.asUintN(64, (signed << 1n) ^ (signed >> 63n));
  for (; raw > 0x7fn; raw >>= 7n) encoded.push(Number(raw & 0x7fn) | 0x80);
  return [...encoded, Number(raw)];
}

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const plain: Sent = { key: null, value: bytes('v'), headers: [] };

describe('records on their way through the library', () => {
  it('keep headers as they were: order, repeats, nulls and names that objects treat in their own way', async () => {
    const headers: RecordHeader[] = [
      { key: 'b', value: bytes('1') },
      { key: 'a', value: null },
      { key: 'b', value: Buffer.alloc(0) },
      { key: '2', value: bytes('two') },
      { key: '1', value: bytes('one') },
      { key: '__proto__', value: bytes('p') },
      { key: 'constructor', value: null },
      { key: 'a', value: Buffer.from([0xff, 0x00]) },
      { key: '', value: bytes('nameless') },
      { key: '部门', value: bytes('财务') },
    ];
    const [record] = await transmit([{ ...plain, headers }]);
    expect(record?.headers).toEqual(headers);
  });

  it('tell a null key from an empty one and a tombstone from a value of zero bytes', async () => {
    const records = await transmit([
      { key: null, value: null, headers: [] },
      { key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [] },
    ]);
    expect(records.map(({ key, value }) => [key, value])).toEqual([
      [null, null],
      [Buffer.alloc(0), Buffer.alloc(0)],
    ]);
  });

  it('are the same bytes at the other end whatever they hold, compressed or not', async () => {
    const data = fc.option(fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one)));
    const header = fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 20 }), value: data });
    const message = fc.record({ key: data, value: data, headers: fc.array(header, { maxLength: 8 }) });
    const codec = fc.constantFrom(kafkajs.CompressionTypes.None, kafkajs.CompressionTypes.GZIP);
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: 20 }),
        codec,
        async (messages, compression) => {
          const records = await transmit(messages, compression);
          expect(records.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(messages);
          expect(records.map(({ offset }) => offset)).toEqual(messages.map((_, index) => BigInt(index)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keep their own times, earlier and later ones mixed', async () => {
    const times = [1_750_000_000_000, 1_750_000_000_001, 1_750_086_400_000, 1_749_900_000_000];
    const records = await transmit(times.map((time) => ({ ...plain, timestamp: String(time) })));
    expect(records.map(({ timestamp }) => timestamp)).toEqual(times);
  });

  it('keep times of one batch that are farther apart than numbers are exact', async () => {
    const times = [1_750_000_000_000n, -8_640_000_000_000_000n, 8_640_000_000_000_000n, 1_750_000_000_001n];
    const records = await received(times);
    expect(records.map(({ timestamp }) => BigInt(timestamp))).toEqual(times);
  });

  it('have no time where what stands there is none, such as nanoseconds', async () => {
    const records = await received([
      1_750_000_000_000_000_000n,
      2n ** 63n - 1n,
      -(2n ** 63n),
      1_750_000_000_000n,
    ]);
    expect(records.map(({ timestamp }) => timestamp)).toEqual([-1, -1, -1, 1_750_000_000_000]);
  });

  it('come through in one batch of 300,000, which the library itself dies of', async () => {
    const records = await transmit(Array.from({ length: 300_000 }, () => plain));
    expect(records.length).toBe(300_000);
    expect(records.at(-1)?.offset).toBe(299_999n);
  });

  it('end before the record that the broker cut off', async () => {
    const topicData = [
      { topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [plain, plain] }] },
    ];
    const request = await produce({ acks: -1, timeout: 1, topicData }).encode();
    const whole = request.buffer.subarray(2 + 2 + 4 + 4 + 3 + 4 + 4 + 4);
    const both = Buffer.concat([whole, whole.subarray(0, whole.length - 5)]);
    const size = Buffer.alloc(4);
    size.writeInt32BE(both.length);
    expect(await decodeMessages(new Decoder(Buffer.concat([size, both])))).toHaveLength(2);
  });

  it('are never underestimated by the size that requests are filled by', async () => {
    const data = fc.option(fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one)));
    const header = fc.record({ key: fc.string({ maxLength: 20 }), value: data });
    const message = fc.record({ key: data, value: data, headers: fc.array(header, { maxLength: 8 }) });
    const encode = load('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (
      record: unknown,
    ) => Encoded;
    fc.assert(
      fc.property(message, (one) => {
        const real = encode({ ...one, offsetDelta: 999, timestampDelta: 10_000 }).buffer.length;
        expect(encodedSize(one)).toBeGreaterThanOrEqual(real);
      }),
    );
  });
});
