import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import lz4 from 'lz4js';
import snappy from 'snappyjs';

/**
 * Reading the three codecs that the client library lacks, and gzip, which it reads without a bound. Nothing is written
 * with them: what this program produces is small and goes out uncompressed.
 */

/** A batch may hold records of 10 MB; what unpacks to more than this is taken for damage, in bytes. */
const largestBatch = 256 * 1024 * 1024;

/** Frame that xerial's Java library puts around snappy blocks. Source: https://github.com/xerial/snappy-java */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = xerialMagic.length + 8;

/** Snappy as Kafka carries it: blocks in xerial's frame (Java, librdkafka) or one bare block. */
export function unsnappy(packed: Buffer): Buffer {
  if (!packed.subarray(0, xerialMagic.length).equals(xerialMagic))
    return snappy.uncompress(packed, largestBatch);
  const blocks: Buffer[] = [];
  let at = xerialHeaderBytes;
  while (at < packed.length) {
    const length = packed.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > packed.length)
      throw new Error('a snappy block ends after its frame does');
    blocks.push(snappy.uncompress(packed.subarray(at, at + length), largestBatch));
    at += length;
  }
  return Buffer.concat(blocks);
}

const lz4Magic = 0x184d2204;
/** Largest block by the frame's block size number. Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */
const lz4BlockBytes = new Map([
  [4, 64 * 1024],
  [5, 256 * 1024],
  [6, 1024 * 1024],
  [7, 4 * 1024 * 1024],
]);
const lz4BlockIsPlain = 0x8000_0000;

/**
 * An LZ4 frame. Only the blocks are unpacked by the library: its own reading of frames looks for a block's checksum
 * before the block, where it is not.
 */
export function unlz4(packed: Buffer): Buffer {
  if (packed.length < 7 || packed.readUInt32LE(0) !== lz4Magic) throw new Error('not an LZ4 frame');
  const flags = packed.readUInt8(4);
  const hasBlockChecksum = (flags & 0x10) !== 0;
  const hasContentSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  const blockBytes = lz4BlockBytes.get((packed.readUInt8(5) >> 4) & 7);
  if (blockBytes === undefined) throw new Error('an LZ4 frame of unknown block size');
  let at = 6 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0) + 1;

  let unpacked: Buffer = Buffer.allocUnsafe(Math.max(blockBytes, packed.length * 4));
  let end = 0;
  for (;;) {
    const header = packed.readUInt32LE(at);
    at += 4;
    if (header === 0) return unpacked.subarray(0, end);
    const plain = header >= lz4BlockIsPlain;
    const length = plain ? header - lz4BlockIsPlain : header;
    if (at + length > packed.length) throw new Error('an LZ4 block ends after its frame does');
    unpacked = withRoom(unpacked, end, plain ? length : blockBytes);
    if (plain) end += packed.copy(unpacked, end, at, at + length);
    else end = lz4.decompressBlock(packed, unpacked, at, length, end);
    if (end > unpacked.length) throw new Error('an LZ4 block unpacks to more than its frame allows');
    at += length + (hasBlockChecksum ? 4 : 0);
  }
}

/** The buffer itself, or a larger one with its first `used` bytes, in which `more` bytes fit behind them. */
function withRoom(buffer: Buffer, used: number, more: number): Buffer {
  if (used + more <= buffer.length) return buffer;
  if (used + more > largestBatch) throw new Error(`a batch unpacks to more than ${largestBatch} bytes`);
  const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, used + more));
  buffer.copy(larger, 0, 0, used);
  return larger;
}

const unzipAsync = promisify(unzip);

export function ungzip(packed: Buffer): Promise<Buffer> {
  return unzipAsync(packed, { maxOutputLength: largestBatch });
}

/** A Zstandard frame. */
export function unzstandard(packed: Buffer): Buffer {
  const unpacked = unzstd(packed);
  return Buffer.from(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength);
}

export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(packed: Buffer): Promise<Buffer>;
}

/** A codec for reading alone; nobody in this program asks for the other direction. */
export function readOnly(name: string, decompress: (packed: Buffer) => Buffer): Codec {
  return {
    compress: () => Promise.reject(new Error(`dingbus does not write ${name}`)),
    // Async, so that damage ends as a rejection like every other fault of a fetch.
    decompress: async (packed) => Promise.resolve(decompress(packed)),
  };
}
