import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ungzip, unlz4, unsnappy } from '../../../src/kafka/codecs.ts';
import { decodeMessages } from '../../../src/kafka/kafkajs.ts';

const load = createRequire(import.meta.url);
const Decoder = load('kafkajs/src/protocol/decoder.js') as new (
  bytes: Buffer,
) => Parameters<typeof decodeMessages>[0];

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/kafka/${name}`, import.meta.url));
}

/** A fetched partition as the broker sends it: the length, then the log's bytes. */
function fetched(log: Buffer): InstanceType<typeof Decoder> {
  const length = Buffer.alloc(4);
  length.writeInt32BE(log.length);
  return new Decoder(Buffer.concat([length, log]));
}

const clients = ['java', 'librdkafka', 'kafka-python'];
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'];
const combinations = clients.flatMap((client) => codecs.map((codec) => ({ client, codec })));

describe('compressed batches', () => {
  it.each(combinations)('of $client with $codec are read to the last byte', async ({ client, codec }) => {
    const records = await decodeMessages(fetched(fixture(`${client}-${codec}.batch`)));
    expect(records).toHaveLength(400);
    for (const [index, record] of records.entries()) {
      expect(String(record.key)).toBe(`k-${index}`);
      expect(String(record.value)).toBe(`record ${index} ${'abcdefgh'.repeat(30)}`);
      expect(record.headers).toEqual([{ key: 'n', value: Buffer.from(String(index)) }]);
      expect(record.timestamp).toBe(1_750_000_000_000 + index);
      expect(record.offset).toBe(BigInt(index));
    }
  });

  it.each(['snappy', 'lz4', 'zstd'])(
    'of %s that are damaged are an error, not other records',
    async (codec) => {
      const log = fixture(`java-${codec}.batch`);
      const damaged = Buffer.from(log);
      // Behind the batch's header and the codec's own: lengths and offsets of the packed data.
      damaged.fill(0xff, 100, 160);
      await expect(decodeMessages(fetched(damaged))).rejects.toThrow();
    },
  );
});

/** What `checksums.lz4` and `bare.snappy` hold. */
function content(): Buffer {
  const noise = Buffer.alloc(20_000);
  let state = 1;
  for (let index = 0; index < noise.length; index++) {
    state = Number((BigInt(state) * 1_103_515_245n + 12_345n) & 0x7fff_ffffn);
    noise[index] = (state >> 16) & 0xff;
  }
  return Buffer.concat([noise, Buffer.from('dingbus '.repeat(30_000))]);
}

describe('an LZ4 frame', () => {
  it('is read with all checksums, a content size and linked blocks', () => {
    expect(unlz4(fixture('checksums.lz4')).equals(content())).toBe(true);
  });

  it('is refused when it is cut short or is none at all', () => {
    const frame = fixture('checksums.lz4');
    expect(() => unlz4(frame.subarray(0, frame.length / 2))).toThrow();
    expect(() => unlz4(Buffer.from('not a frame'))).toThrow('not an LZ4 frame');
  });
});

describe('a gzip stream', () => {
  it('is refused when it unpacks to more memory than a batch may take', async () => {
    expect(String(await ungzip(Buffer.concat([gzipSync('two '), gzipSync('members')])))).toBe('two members');
    const part = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    const parts = Array.from({ length: 9 }, () => part);
    await expect(ungzip(Buffer.concat(parts))).rejects.toThrow('268435456');
  });
});

describe('a snappy block', () => {
  it('is read without the frame that Java puts around it', () => {
    expect(unsnappy(fixture('bare.snappy')).equals(content())).toBe(true);
  });

  it('is refused when it claims to unpack to more memory than a batch may take', () => {
    const claimsTwoGigabytes = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 0x00, 0x00]);
    expect(() => unsnappy(claimsTwoGigabytes)).toThrow('too big');
  });
});
