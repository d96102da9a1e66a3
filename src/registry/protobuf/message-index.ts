import protobuf from 'protobufjs';

/** Deeper than messages are ever declared inside each other. */
const maxPath = 32;

/**
 * Between the schema id and the message stand the indexes that tell which message of the schema it is: a count and
 * so many zigzag numbers, each the position of a declaration within the one before; the single byte 0 is short for
 * "the first message". Null when the bytes are no such list. Source: Confluent "Wire format", Protobuf.
 */
export function readMessageIndexes(
  framed: Uint8Array,
  start: number,
): { readonly path: readonly number[]; readonly end: number } | null {
  let position = start;
  const next = (): number | null => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = framed[position++];
      if (byte === undefined) return null;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    return null;
  };
  const count = next();
  if (count === null || count < 0 || count > maxPath) return null;
  if (count === 0) return { path: [0], end: position };
  const path: number[] = [];
  for (let index = 0; index < count; index++) {
    const step = next();
    if (step === null || step < 0) return null;
    path.push(step);
  }
  return { path, end: position };
}

/** Follows the indexes from the messages that the schema declares outside of others; null when they lead nowhere. */
export function selectMessage(
  messages: readonly protobuf.Type[],
  path: readonly number[],
): protobuf.Type | null {
  let among = messages;
  let found: protobuf.Type | null = null;
  for (const index of path) {
    found = among[index] ?? null;
    if (found === null) return null;
    among = found.nestedArray.filter((nested) => nested instanceof protobuf.Type);
  }
  return found;
}
