import avro, { type Type } from 'avsc';
import { messageOf } from '../../base/errors.ts';
import type { ReadResult, SchemaReader } from '../reader.ts';
import { compileReader } from './compile.ts';
import type { ReadValue } from './logical.ts';
import { nameOf } from './schema.ts';
import { AvroDataError, Tap } from './tap.ts';

/** Magic byte and four bytes of schema id. Source: Confluent "Wire format". */
const framingBytes = 5;

/** Reads the values of one Avro schema; see `compileReader` for what they become. */
export class AvroReader implements SchemaReader {
  readonly kind = 'avro';
  readonly schemaId: number;
  readonly #tap = new Tap();
  readonly #read: ReadValue;
  /** One name, or for a top-level union (several event types in one topic) one a branch. */
  readonly #names: string | null | readonly (string | null)[];

  constructor(schemaId: number, type: Type) {
    this.schemaId = schemaId;
    this.#read = compileReader(type);
    this.#names = type instanceof avro.types.WrappedUnionType ? type.types.map(nameOf) : nameOf(type);
  }

  typeOf(framed: Buffer): string | null {
    if (this.#names === null || typeof this.#names === 'string') return this.#names;
    try {
      this.#tap.reset(framed, framingBytes);
      return this.#names[this.#tap.readNumber()] ?? null;
    } catch (thrown) {
      if (thrown instanceof AvroDataError) return null;
      throw thrown;
    }
  }

  read(framed: Buffer): ReadResult {
    const tap = this.#tap;
    tap.reset(framed, framingBytes);
    try {
      const data = this.#read(tap);
      if (tap.position === framed.length) return { ok: true, data, type: this.typeOf(framed) };
      return {
        ok: false,
        message: `${framed.length - tap.position} bytes too many for schema ${this.schemaId}`,
      };
    } catch (thrown) {
      if (!(thrown instanceof AvroDataError)) throw thrown;
      return { ok: false, message: `the value does not fit schema ${this.schemaId}: ${messageOf(thrown)}` };
    } finally {
      // The tap lives as long as the reader; the record must not.
      tap.reset(nothing, 0);
    }
  }
}

const nothing = Buffer.alloc(0);
