/** One line of a file of JSON lines. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Null for a line that is longer than any event. */
  readonly text: string | null;
  /** Bytes up to the end of the line. */
  readonly bytes: number;
}

/** Longer lines are not events: Kafka takes a megabyte by default, and base 64 adds a third. */
const longestLine = 64 * 1024 * 1024;

/** Splits a stream into lines, one at a time; empty ones are passed over. Memory holds one line. */
export async function* jsonLines(stream: AsyncIterable<Buffer>, longest = longestLine): AsyncGenerator<Line> {
  let number = 0;
  let bytes = 0;
  let kept: Buffer[] = [];
  let size = 0;
  const line = (): Line | null => {
    number += 1;
    const text = size > longest ? null : Buffer.concat(kept).toString('utf8');
    kept = [];
    size = 0;
    return text?.trim() === '' ? null : { number, text, bytes };
  };
  for await (const chunk of stream) {
    for (let start = 0; start < chunk.length;) {
      const newline = chunk.indexOf(0x0a, start);
      const piece = chunk.subarray(start, newline === -1 ? chunk.length : newline);
      size += piece.length;
      bytes += piece.length;
      // What is too long is not kept, only measured.
      if (size <= longest) kept.push(piece);
      else kept = [];
      if (newline === -1) break;
      bytes += 1;
      start = newline + 1;
      const found = line();
      if (found !== null) yield found;
    }
  }
  if (size === 0) return;
  const last = line();
  if (last !== null) yield last;
}
