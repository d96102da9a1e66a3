import { sha256 } from '../base/ids.ts';
import { Sensitive } from '../base/sensitive.ts';

/** Equal for equal settings. Secrets count by their value, which does not leave this function. */
export function fingerprint(value: unknown): string {
  return sha256(JSON.stringify(plain(value)));
}

/** Secrets mask themselves as soon as JSON is made of them, so they are taken out before. */
function plain(value: unknown): unknown {
  if (value instanceof Sensitive) return value.reveal();
  if (value instanceof Map) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
