import protobuf, { type Type } from 'protobufjs';
import { messageOf } from '../../base/errors.ts';
import type { ReadResult, SchemaReader } from '../reader.ts';
import { readMessageIndexes, selectMessage } from './message-index.ts';
import { plainMessage } from './plain-message.ts';

/** Magic byte and four bytes of schema id. Source: Confluent "Wire format". */
const framingBytes = 5;

/** Reads Protobuf messages; field names are in lower camel case, as in Protobuf's own JSON. */
export class ProtobufReader implements SchemaReader {
  readonly kind = 'protobuf';
  readonly schemaId: number;
  readonly #messages: readonly Type[];

  /** `messages`: what the schema declares outside of other messages, in order. */
  constructor(schemaId: number, messages: readonly Type[]) {
    this.schemaId = schemaId;
    this.#messages = messages;
  }

  typeOf(framed: Buffer): string | null {
    const indexes = readMessageIndexes(framed, framingBytes);
    const type = indexes === null ? null : selectMessage(this.#messages, indexes.path);
    return type === null ? null : fullName(type);
  }

  read(framed: Buffer): ReadResult {
    const indexes = readMessageIndexes(framed, framingBytes);
    const type = indexes === null ? null : selectMessage(this.#messages, indexes.path);
    if (indexes === null || type === null) {
      return { ok: false, message: `the value names no message of schema ${this.schemaId}` };
    }
    try {
      // The library's reader for buffers would take a text that is cut off for whole.
      const message = type.decode(new protobuf.Reader(framed.subarray(indexes.end)));
      return { ok: true, data: plainMessage(type, message), type: fullName(type) };
    } catch (thrown) {
      return { ok: false, message: `the value does not fit schema ${this.schemaId}: ${messageOf(thrown)}` };
    }
  }
}

/** The library writes names with a leading dot. */
function fullName(type: Type): string {
  return type.fullName.replace(/^\./, '');
}
