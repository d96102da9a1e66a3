import { messageOf } from '../../base/errors.ts';
import type { ReadResult, SchemaReader } from '../reader.ts';
import { readMessageIndexes, selectMessage } from './message-index.ts';
import { plainMessage } from './plain-message.ts';
import type { MessageType } from './reflection.ts';
import { addWellKnownTypes } from './well-known.ts';

/** Magic byte and four bytes of schema id. Source: Confluent "Wire format". */
const framingBytes = 5;

/** Reads Protobuf messages; field names are in lower camel case, as the client library gives them. */
export class ProtobufReader implements SchemaReader {
  readonly kind = 'protobuf';
  readonly schemaId: number;
  readonly #first: MessageType;

  /** `first`: the first message of the schema. */
  constructor(schemaId: number, first: MessageType) {
    this.schemaId = schemaId;
    this.#first = first;
    addWellKnownTypes(first.root);
    // Names are resolved now, so that a schema with a missing import is known to be unusable before its first value.
    first.root.resolveAll();
  }

  typeOf(framed: Buffer): string | null {
    const indexes = readMessageIndexes(framed, framingBytes);
    const type = indexes === null ? null : selectMessage(this.#first, indexes.path);
    return type === null ? null : fullName(type);
  }

  read(framed: Buffer): ReadResult {
    const indexes = readMessageIndexes(framed, framingBytes);
    const type = indexes === null ? null : selectMessage(this.#first, indexes.path);
    if (indexes === null || type === null) {
      return { ok: false, message: `the value names no message of schema ${this.schemaId}` };
    }
    try {
      const message = type.decode(framed.subarray(indexes.end));
      return { ok: true, data: plainMessage(type, message), type: fullName(type) };
    } catch (thrown) {
      return { ok: false, message: `the value does not fit schema ${this.schemaId}: ${messageOf(thrown)}` };
    }
  }
}

/** The library writes names with a leading dot. */
function fullName(type: MessageType): string {
  return type.fullName.replace(/^\./, '');
}
