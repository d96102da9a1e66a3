import { createRequire } from 'node:module';
import { recordTime } from '../model/record.ts';
import { type Codec, readOnly, ungzip, unlz4, unsnappy, unzstandard } from './codecs.ts';
import { installGroupHooks, type ConsumerGroupClass } from './group-hooks.ts';
import { decodeRecord, encodeRecord, type WireDecoder, type WireRecord } from './record-format.ts';
import { repairRequestQueue, type RequestQueueClass } from './request-queue.ts';

/**
 * The only door to kafkajs: everybody in this room takes the library from here, after our repairs. They rely on
 * internals of exactly version 2.2.4, which is why package.json pins it and why each repair has a test that fails
 * when the library changes under it.
 */
const load = createRequire(import.meta.url);

type KafkaJs = typeof import('kafkajs');

interface LibraryDecoder extends WireDecoder {
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer | null;
}
type DecodeMessages = (decoder: LibraryDecoder) => Promise<WireRecord[]>;
type DecodeOldMessages = (decoder: LibraryDecoder) => Promise<OldMessage[]>;
type DecodeBatch = (decoder: LibraryDecoder) => Promise<{ readonly records: WireRecord[] }>;

interface OldMessage {
  readonly offset: string;
  readonly timestamp?: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** The library's view of what one fetch brought for one partition, control and aborted records taken out. */
export interface FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly highWatermark: string;
  /** The offset that the fetch asked for. */
  readonly fetchedOffset: string;
  readonly messages: WireRecord[];
  /** The last offset that the fetch covered, control records included. */
  lastOffset(): string | bigint;
  isEmptyIncludingFiltered(): boolean;
}
type FetchedBatchClass = new (topic: string, fetchedOffset: string, partitionData: unknown) => FetchedBatch;

/** Puts our function where the library will look for its own; only effective before the library takes it. */
function replaceModule(path: string, replacement: unknown): void {
  load(path);
  const loaded = load.cache[load.resolve(path)];
  if (loaded === undefined) throw new Error(`kafkajs has no module ${path}`);
  loaded.exports = replacement;
}

replaceModule('kafkajs/src/protocol/recordBatch/record/v0/decoder.js', decodeRecord);
replaceModule('kafkajs/src/protocol/recordBatch/record/v0/index.js', encodeRecord);

/** What we use of the library's encoder and decoder for a request that it does not have. */
export interface LibraryEncoder {
  writeUVarInt(value: number): LibraryEncoder;
  writeUVarIntString(value: string): LibraryEncoder;
  writeInt32(value: number): LibraryEncoder;
  writeBoolean(value: boolean): LibraryEncoder;
}

export interface LibraryReader {
  readInt16(): number;
  readInt32(): number;
  readBoolean(): boolean;
  readUVarInt(): number;
  readUVarIntString(): string | null;
  readBytes(length: number): Buffer | null;
}

const Encoder = load('kafkajs/src/protocol/encoder.js') as new () => LibraryEncoder;

export function newEncoder(): LibraryEncoder {
  return new Encoder();
}

export function newReader(raw: Buffer): LibraryReader {
  return new Decoder(raw) as unknown as LibraryReader;
}

const Decoder = load('kafkajs/src/protocol/decoder.js') as new (buffer: Buffer) => LibraryDecoder;
const decodeBatch = load('kafkajs/src/protocol/recordBatch/v0/decoder.js') as DecodeBatch;
const decodeOldMessages = load(
  'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js',
) as DecodeOldMessages;

/** Where the format's version stands in a batch, and how long the fixed part of a batch is. */
const magicAt = 16;
const batchHeaderBytes = 49;

/**
 * All records of a fetched partition. In place of the library's own function, which spreads a batch into arguments
 * and so dies of one with more than about 100,000 records.
 */
export const decodeMessages: DecodeMessages = async (decoder) => {
  const start = new Decoder(decoder.buffer);
  Object.assign(start, decoder);
  const size = decoder.readInt32();
  if (size <= 0 || !decoder.canReadBytes(size)) return [];
  const bytes = decoder.readBytes(size);
  if (bytes === null) return [];
  if (bytes.readInt8(magicAt) !== 2) return (await decodeOldMessages(start)).map(fromOldFormat);
  const batches = new Decoder(bytes);
  const records: WireRecord[] = [];
  while (batches.canReadBytes(batchHeaderBytes)) {
    try {
      for (const record of (await decodeBatch(batches)).records) records.push(record);
    } catch (error) {
      // The broker cuts the last batch where the size limit of the fetch falls; the next fetch brings all of it.
      if (error instanceof Error && error.name === 'KafkaJSPartialMessageError') break;
      throw error;
    }
  }
  return records;
};

/** Messages from before Kafka 0.11, which old logs may still hold: no headers, numbers as text. */
function fromOldFormat({ offset, timestamp = '0', key, value }: OldMessage): WireRecord {
  const base = { topic: '', partition: -1, headers: [], isControlRecord: false, batchContext: noBatch };
  return { ...base, offset: BigInt(offset), timestamp: recordTime(Number(timestamp)), key, value };
}

const noBatch = {
  firstOffset: '0',
  firstTimestamp: '0',
  maxTimestamp: '0',
  timestampType: 0,
  isControlBatch: false,
};

replaceModule('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js', decodeMessages);
repairRequestQueue(load('kafkajs/src/network/requestQueue/index.js') as RequestQueueClass);
installGroupHooks(load('kafkajs/src/consumer/consumerGroup.js') as ConsumerGroupClass);

export const kafkajs = load('kafkajs') as KafkaJs;
export const Batch = load('kafkajs/src/consumer/batch.js') as FetchedBatchClass;

const codecs = kafkajs.CompressionCodecs as Record<number, () => Codec>;
const gzip = codecs[kafkajs.CompressionTypes.GZIP]?.();
if (gzip === undefined) throw new Error('kafkajs has no codec for gzip');
codecs[kafkajs.CompressionTypes.GZIP] = () => ({ ...gzip, decompress: ungzip });
codecs[kafkajs.CompressionTypes.Snappy] = () => readOnly('snappy', unsnappy);
codecs[kafkajs.CompressionTypes.LZ4] = () => readOnly('lz4', unlz4);
codecs[kafkajs.CompressionTypes.ZSTD] = () => readOnly('zstd', unzstandard);
