import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLines, type Line } from '../../../src/app/json-lines.ts';

async function linesOf(chunks: readonly Uint8Array[], longest?: number): Promise<Line[]> {
  async function* stream(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
  }
  const lines: Line[] = [];
  for await (const line of jsonLines(stream(), longest)) lines.push(line);
  return lines;
}

describe('lines of a file', () => {
  it('are the same however the bytes come in, with their numbers and without empty ones', async () => {
    const text = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('')), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(200), { maxLength: 6 }), async (texts, cuts) => {
        const bytes = Buffer.from(texts.map((each) => each.replaceAll('\n', ' ')).join('\n'));
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const expected = bytes
          .toString()
          .split('\n')
          .map((each, index) => ({ number: index + 1, text: each }))
          .filter((each) => each.text.trim() !== '');
        const found = await linesOf(chunks);
        expect(found.map((line) => ({ number: line.number, text: line.text }))).toEqual(expected);
      }),
      { numRuns: 300, seed: 20260302 },
    );
  });

  it('tell how far they reach, for the bar', async () => {
    expect((await linesOf([Buffer.from('a\nbb\n\nc')])).map(({ bytes }) => bytes)).toEqual([2, 5, 7]);
  });

  it('are not kept when they are longer than any event, and those after them are read', async () => {
    const found = await linesOf([Buffer.from('1234'), Buffer.from('567'), Buffer.from('8\nab\n')], 6);
    expect(found.map(({ number, text }) => [number, text])).toEqual([
      [1, null],
      [2, 'ab'],
    ]);
  });
});
