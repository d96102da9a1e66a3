/** Whole numbers as events have them: `bigint`; the rest stays. */
export function exactNumbers(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(exactNumbers);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of Object.entries(value)) copy[key] = exactNumbers(inner);
  return copy;
}
