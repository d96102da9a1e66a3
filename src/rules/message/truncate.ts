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
  const { read } = encoder.encodeInto(text, new Uint8Array(room));
  return cutAt(text, read) + ending;
}

/** At most the first `end` UTF-16 units of `text`, cut between characters. */
export function cutAt(text: string, end: number): string {
  return text.slice(0, boundaryBefore(text, end)).toWellFormed();
}

/** No character that people see is longer; looking further back would cost more than it brings. */
const longestCharacter = 64;

/** The last boundary between characters at or before `end`. */
function boundaryBefore(text: string, end: number): number {
  const start = Math.max(0, end - longestCharacter);
  let boundary = start;
  for (const { segment } of segmenter.segment(text.slice(start, end + longestCharacter))) {
    if (boundary + segment.length > end) break;
    boundary += segment.length;
  }
  return boundary;
}

const encoder = new TextEncoder();
const segmenter = new Intl.Segmenter('zh', { granularity: 'grapheme' });
