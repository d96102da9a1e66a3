import { createHash } from 'node:crypto';

/** A number below 2^31 for an advisory lock over named things; two that collide only wait for each other. */
export function lockNumber(...parts: readonly string[]): number {
  return createHash('sha256').update(JSON.stringify(parts)).digest().readUInt32BE(0) >>> 1;
}
