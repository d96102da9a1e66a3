import { hash } from 'node:crypto';

/**
 * A short id that is the same for the same parts, on every instance and after every restart: 130 bits of SHA-256
 * over the length-prefixed parts, in lower-case base 32, behind a prefix that tells what it names (`ntf_…`).
 */
export function stableId(prefix: string, ...parts: readonly (string | number | bigint)[]): string {
  let all = '';
  for (const part of parts) {
    const text = String(part);
    all += `${Buffer.byteLength(text)}:${text};`;
  }
  // As a text of one character for each byte: making a buffer would take longer than the hash.
  return `${prefix}_${base32(hash('sha256', all, 'binary'))}`;
}

/**
 * The same with a time (ms since 1970) in front, in nine digits of base 36: where such ids are written in the order of their
 * times, an index of them grows at its end and most of its pages are left alone.
 */
export function timedId(prefix: string, at: number, ...parts: readonly (string | number | bigint)[]): string {
  return stableId(`${prefix}_${Math.max(0, at).toString(36).padStart(9, '0')}`, ...parts);
}

/** Hex SHA-256 of a text or bytes. */
export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}

/**
 * A number for a text, where very many have to be told apart in little memory: of 100,000 texts two have the same one
 * once in a million times.
 */
export function shortHash(text: string): number {
  // As many bits as a number holds exactly.
  return Number.parseInt(sha256(text).slice(0, 13), 16);
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
/** Every pair of digits, because ids are made for every event and ten bits at a time is twice as fast as five. */
const pairs = Array.from(
  { length: 1024 },
  (_none, value) => alphabet.charAt(value >>> 5) + alphabet.charAt(value & 31),
);
const idBits = 130;

/** The first 130 bits, 26 digits. */
function base32(bytes: string): string {
  let text = '';
  let at = 0;
  let bits = 0;
  let value = 0;
  for (let left = idBits; left > 0; left -= 10) {
    for (; bits < 10; bits += 8) value = ((value << 8) | bytes.charCodeAt(at++)) & 0x3ffff;
    bits -= 10;
    text += pairs[(value >>> bits) & 1023] ?? '';
  }
  return text;
}
