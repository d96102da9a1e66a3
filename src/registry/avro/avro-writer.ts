import avro, { type Type } from 'avsc';
import { SchemaRejectedError } from '../errors.ts';

/**
 * Writes values of one Avro schema behind the magic byte and the schema's id. Longs are taken as `bigint` or safe
 * `number`; logical types are written as what lies below them (a timestamp as its milliseconds).
 */
export class AvroWriter {
  readonly #type: Type;
  readonly #register: () => Promise<number>;
  #header: Promise<Buffer> | null = null;

  /** `register` gives the schema's id; it is called again after it failed, never after it succeeded. */
  constructor(schemaText: string, register: () => Promise<number>) {
    // With or without a logical type, which the type's own name in the parser's registry would not cover.
    const typeHook = (schema: unknown): Type | undefined => (isLong(schema) ? anyLong : undefined);
    this.#type = avro.Type.forSchema(JSON.parse(schemaText) as never, { typeHook, wrapUnions: false });
    this.#register = register;
  }

  async ready(): Promise<void> {
    await this.#framing();
  }

  async write(value: unknown): Promise<Buffer> {
    const header = await this.#framing();
    return Buffer.concat([header, this.#encode(value)]);
  }

  #encode(value: unknown): Buffer {
    const wrong: string[] = [];
    const errorHook = (path: readonly string[]): void => {
      wrong.push(path.join('.'));
    };
    if (this.#type.isValid(value, { errorHook })) return this.#type.toBuffer(value);
    throw new SchemaRejectedError(
      `a value does not fit the schema ${String(this.#type.name)} at ${wrong.join(', ')}`,
    );
  }

  #framing(): Promise<Buffer> {
    this.#header ??= this.#register().then(frame, (thrown: unknown) => {
      this.#header = null;
      throw thrown;
    });
    return this.#header;
  }
}

function isLong(schema: unknown): boolean {
  if (schema === 'long') return true;
  return typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'long';
}

function frame(schemaId: number): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return header;
}

const minLong = -(2n ** 63n);
const maxLong = 2n ** 63n - 1n;

/** Without it `avsc` refuses longs beyond 2^53. The bytes it hands over and takes are little-endian, eight of them. */
const anyLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer): bigint => bytes.readBigInt64LE(),
  toBuffer(value: bigint | number): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown): boolean =>
    typeof value === 'bigint' ? value >= minLong && value <= maxLong : Number.isSafeInteger(value),
  compare: (left: bigint, right: bigint): number => (left === right ? 0 : left < right ? -1 : 1),
});
