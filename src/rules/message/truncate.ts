/** How many bytes a text takes as UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}

/**
 * The longest beginning of `text` that fits into `maxBytes` of UTF-8 together with `ending`, cut between characters:
 * never within a surrogate pair, nor between a character and what combines with it. The text itself when it fits.
 */
export function truncateUtf8(text: string, maxBytes: number, ending: string): string {
  if (utf8Length(text) <= maxBytes) return text;
  const room = maxBytes - utf8Length(ending);
  if (room < 0) return '';
  let end = 0;
  let bytes = 0;
  // What cannot fit need not be segmented: no character takes less than one byte.
  for (const { segment } of segmenter.segment(text.slice(0, room + 1))) {
    bytes += utf8Length(segment);
    if (bytes > room) break;
    end += segment.length;
  }
  return text.slice(0, end).toWellFormed() + ending;
}

const segmenter = new Intl.Segmenter('zh', { granularity: 'grapheme' });
