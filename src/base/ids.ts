import { createHash } from 'node:crypto';

/**
 * A short id that is the same for the same parts, on every instance and after every restart: 130 bits of SHA-256
 * over the length-prefixed parts, in lower-case base 32, behind a prefix that tells what it names (`ntf_…`).
 */
export function stableId(prefix: string, ...parts: readonly (string | number | bigint)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const text = String(part);
    hash.update(`${Buffer.byteLength(text)}:${text};`);
  }
  return `${prefix}_${base32(hash.digest()).slice(0, 26)}`;
}

/** Hex SHA-256 of a text or bytes. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      text += alphabet.charAt((value >>> (bits - 5)) & 31);
      bits -= 5;
    }
  }
  return text;
}
