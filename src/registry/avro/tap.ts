/** The bytes do not fit the schema. `message` quotes nothing of the value. */
export class AvroDataError extends Error {}

/** Deeper nesting than any real event has; bounds the stack for recursive schemas. */
const maxDepth = 128;
/** Items that take no bytes at all (nulls, empty records) are the one way in which few bytes can stand for many values. */
const maxEmptyItems = 10_000;

/** Up to so many bytes an ASCII text is put together here. */
const shortText = 24;

/**
 * Reads Avro's binary encoding, checking every step against the end of the value: a length or a count that a poison
 * record invents must neither read beyond its bytes nor loop. Source: Apache Avro specification 1.12, "Binary Encoding".
 */
export class Tap {
  bytes: Buffer = Buffer.alloc(0);
  position = 0;
  #depth = 0;
  #emptyItems = 0;

  reset(bytes: Buffer, position: number): void {
    this.bytes = bytes;
    this.position = position;
    this.#depth = 0;
    this.#emptyItems = 0;
  }

  /** Called on entering a record, array or map; each call needs its `leave`. */
  enter(): void {
    if (++this.#depth > maxDepth) throw new AvroDataError(`nested deeper than ${maxDepth} levels`);
  }

  leave(): void {
    this.#depth--;
  }

  /** Called after each item of an array or map with the position before it. */
  countItem(before: number): void {
    if (this.position === before && ++this.#emptyItems > maxEmptyItems) {
      throw new AvroDataError(`more than ${maxEmptyItems} items that take no bytes`);
    }
  }

  readByte(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) throw this.#truncated();
    this.position++;
    return byte;
  }

  /** A zigzag integer of up to 64 bits. */
  readLong(): bigint {
    let low = 0;
    let byte = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      byte = this.readByte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt((low >>> 1) ^ -(low & 1));
    }
    let high = 0;
    let scale = 1;
    for (let count = 5; byte >= 0x80; count++) {
      byte = this.readByte();
      if (count > 10 || (count === 10 && byte > 1))
        throw new AvroDataError(`a number of more than 64 bits before byte ${this.position}`);
      high += (byte & 0x7f) * scale;
      scale *= 128;
    }
    if (high < 2 ** 25) {
      const folded = high * 2 ** 28 + low;
      return BigInt(folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2);
    }
    const folded = (BigInt(high) << 28n) | BigInt(low);
    return (folded >> 1n) ^ -(folded & 1n);
  }

  /** A zigzag integer that must be exact as a number: a length, a count, an index, milliseconds. */
  readNumber(): number {
    let low = 0;
    for (let shift = 0, start = this.position; shift < 28; shift += 7) {
      const byte = this.readByte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
      if (shift === 21) this.position = start;
    }
    const value = Number(this.readLong());
    if (!Number.isSafeInteger(value))
      throw new AvroDataError(`a length, count or time out of range before byte ${this.position}`);
    return value;
  }

  readFloat(): number {
    const at = this.#take(4);
    return this.bytes.readFloatLE(at);
  }

  readDouble(): number {
    const at = this.#take(8);
    return this.bytes.readDoubleLE(at);
  }

  readString(): string {
    const length = this.readNumber();
    const at = this.#take(length);
    if (length > shortText) return this.bytes.toString('utf8', at, at + length);
    // For ids, names and numbers a loop is several times faster than the way into the engine's decoder.
    let text = '';
    for (let index = at; index < at + length; index++) {
      const byte = this.bytes[index] as number;
      if (byte >= 0x80) return this.bytes.toString('utf8', at, at + length);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** A copy, so that keeping a few bytes does not keep the whole fetched batch in memory. */
  readBytes(): Uint8Array {
    return this.readFixed(this.readNumber());
  }

  readFixed(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.bytes.subarray(at, at + length));
  }

  /**
   * The number of items in the next block of an array or map; 0 ends it. A negative count is followed by the
   * block's size in bytes, which nobody needs here.
   */
  readBlockCount(): number {
    const count = this.readNumber();
    if (count >= 0) return count;
    this.readNumber();
    return -count;
  }

  #take(length: number): number {
    const at = this.position;
    if (length < 0) throw new AvroDataError(`a negative length before byte ${at}`);
    if (length > this.bytes.length - at) throw this.#truncated();
    this.position = at + length;
    return at;
  }

  #truncated(): AvroDataError {
    return new AvroDataError(`the value ends too early, after byte ${this.bytes.length}`);
  }
}
