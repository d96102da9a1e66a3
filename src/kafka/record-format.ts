import { recordTime, type RawRecord, type RecordHeader } from '../model/record.ts';

/**
 * Reads and writes single records of Kafka's record batches (format v2) in place of the client library's own code,
 * which turns headers into an object: interleaved repeats lose their order, a null becomes `undefined`, names like
 * `2` move to the front and `__proto__` disappears. A dead letter has to give headers back as they came.
 *
 * Source of the layout: https://kafka.apache.org/documentation/#record
 */

/** The library's cursor over the bytes of one record. */
export interface WireDecoder {
  readonly buffer: Buffer;
}

/** What the library tells of the batch around a record. */
export interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly maxTimestamp: string;
  readonly timestampType: number;
  readonly isControlBatch: boolean;
  /** `firstOffset` and `firstTimestamp` as numbers, kept here because they serve every record of the batch. */
  baseOffset?: bigint;
  baseTimestamp?: number | bigint;
}

/**
 * A record as the library hands it around. Topic and partition are not in the bytes: whoever receives the batch
 * fills them in, so that no second object per record is needed.
 */
export interface WireRecord extends RawRecord {
  topic: string;
  partition: number;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
}

/** `timestampType` when the broker set the time (KIP-32). */
const logAppendTime = 1;

export function decodeRecord(decoder: WireDecoder, batch: BatchContext): WireRecord {
  const cursor = new Cursor(decoder.buffer);
  cursor.at = 1; // The attributes byte is unused.
  const timestampDelta = cursor.varLong();
  const offsetDelta = cursor.varInt();
  const key = cursor.bytes();
  const value = cursor.bytes();
  const count = cursor.varInt();
  const headers: RecordHeader[] = [];
  for (let index = 0; index < count; index++) headers.push({ key: cursor.text(), value: cursor.bytes() });
  batch.baseOffset ??= BigInt(batch.firstOffset);
  return {
    topic: '',
    partition: -1,
    offset: batch.baseOffset + BigInt(offsetDelta),
    timestamp: timestampOf(batch, timestampDelta),
    key,
    value,
    headers,
    isControlRecord: batch.isControlBatch,
    batchContext: batch,
  };
}

/** Exact also where the first timestamp of the batch is far from any time and the delta leads back. */
function timestampOf(batch: BatchContext, delta: number | bigint): number {
  const appended = batch.timestampType === logAppendTime;
  const base = (batch.baseTimestamp ??= exact(appended ? batch.maxTimestamp : batch.firstTimestamp));
  if (appended) return recordTime(Number(base));
  if (typeof base === 'number' && typeof delta === 'number') return recordTime(base + delta);
  return recordTime(Number(BigInt(base) + BigInt(delta)));
}

function exact(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

/** What the producer's path gives for one record; the rest of the library's message is not ours. */
export interface RecordToEncode {
  readonly offsetDelta: number;
  readonly timestampDelta: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

/** The part of the library's `Encoder` that it asks of an encoded record. */
export interface EncodedRecord {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

export function encodeRecord(record: RecordToEncode): EncodedRecord {
  const names: Buffer[] = [];
  let body = 1 + varIntSize(record.timestampDelta) + varIntSize(record.offsetDelta);
  body += bytesSize(record.key) + bytesSize(record.value) + varIntSize(record.headers.length);
  for (const header of record.headers) {
    const name = Buffer.from(header.key, 'utf8');
    names.push(name);
    body += bytesSize(name) + bytesSize(header.value);
  }

  const writer = new Writer(Buffer.allocUnsafe(varIntSize(body) + body));
  writer.varInt(body);
  writer.byte(0);
  writer.varInt(record.timestampDelta);
  writer.varInt(record.offsetDelta);
  writer.bytes(record.key);
  writer.bytes(record.value);
  writer.varInt(record.headers.length);
  for (const [index, header] of record.headers.entries()) {
    writer.bytes(names[index] ?? null);
    writer.bytes(header.value);
  }
  return { buf: writer.buffer, buffer: writer.buffer };
}

/** Bytes that a record takes in a batch, without compression. */
export function encodedSize(record: Omit<RecordToEncode, 'offsetDelta' | 'timestampDelta'>): number {
  let size = 24 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const header of record.headers)
    size += 10 + Buffer.byteLength(header.key) + (header.value?.length ?? 0);
  return size;
}

class Cursor {
  readonly #buffer: Buffer;
  at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  /** Zig-zag, 32 bits. */
  varInt(): number {
    let byte = this.#byte();
    let raw = byte & 0x7f;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = this.#byte();
      raw |= (byte & 0x7f) << shift;
    }
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Zig-zag, 64 bits; a `bigint` where it takes more than seven bytes, whose bits a number could not hold. */
  varLong(): number | bigint {
    let byte = this.#byte();
    let raw = byte & 0x7f;
    for (let unit = 0x80; byte > 0x7f; unit *= 0x80) {
      if (unit === 0x80 ** 7) return this.#wideVarLong(BigInt(raw));
      byte = this.#byte();
      raw += (byte & 0x7f) * unit;
    }
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }

  /** The rest of a number of which seven bytes are read. */
  #wideVarLong(low: bigint): bigint {
    let raw = low;
    let byte: number;
    let shift = 49n;
    do {
      byte = this.#byte();
      raw |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
    } while (byte > 0x7f);
    return (raw >> 1n) ^ -(raw & 1n);
  }

  /** Null where the length says so. */
  bytes(): Buffer | null {
    const length = this.varInt();
    if (length < 0) return null;
    const start = this.#take(length);
    return this.#buffer.subarray(start, this.at);
  }

  text(): string {
    const length = this.varInt();
    if (length <= 0) return '';
    const start = this.#take(length);
    return this.#buffer.toString('utf8', start, this.at);
  }

  #byte(): number {
    const byte = this.#buffer[this.at++];
    if (byte === undefined) throw new Error('a Kafka record ends before its fields do');
    return byte;
  }

  #take(length: number): number {
    const start = this.at;
    this.at += length;
    if (this.at > this.#buffer.length) throw new Error('a Kafka record ends before its fields do');
    return start;
  }
}

class Writer {
  readonly buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  byte(value: number): void {
    this.buffer[this.#at++] = value;
  }

  varInt(value: number): void {
    let raw = zigZag(value);
    while (raw > 0x7f) {
      this.byte((raw % 0x80) | 0x80);
      raw = Math.floor(raw / 0x80);
    }
    this.byte(raw);
  }

  bytes(value: Buffer | null): void {
    this.varInt(value === null ? -1 : value.length);
    if (value !== null) this.#at += value.copy(this.buffer, this.#at);
  }
}

/** Small numbers of either sign as small numbers ≥ 0; exact below 2^52. */
function zigZag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function varIntSize(value: number): number {
  let size = 1;
  for (let raw = zigZag(value); raw > 0x7f; raw = Math.floor(raw / 0x80)) size += 1;
  return size;
}

function bytesSize(value: Buffer | null): number {
  return varIntSize(value === null ? -1 : value.length) + (value?.length ?? 0);
}
