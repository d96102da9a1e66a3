import { Decimal } from '../model/values.ts';

/** More digits than any amount has; bounds the cost of printing a decimal. */
const maxBytes = 128;
export const maxScale = 256;

/** A decimal whose unscaled value is in two's complement, the highest byte first; null when it is beyond all reason. */
export function decimalOf(bytes: Uint8Array, scale: number): Decimal | null {
  if (bytes.length > maxBytes || Math.abs(scale) > maxScale) return null;
  if (bytes.length === 0) return new Decimal(0n, scale);
  if (bytes.length <= 4) {
    let value = 0;
    for (const byte of bytes) value = (value << 8) | byte;
    const unused = 32 - bytes.length * 8;
    return new Decimal(BigInt((value << unused) >> unused), scale);
  }
  const unsigned = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return new Decimal(BigInt.asIntN(bytes.length * 8, unsigned), scale);
}
