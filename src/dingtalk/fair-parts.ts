/** What one user of a limit asks for. */
export interface Claim {
  readonly owner: string;
  /** Units it could use. */
  readonly want: number;
  /** Units that it needs at once; less does not help the call that waits. */
  readonly need: number;
  /** Since when that call waits; null when none does. */
  readonly since: number | null;
}

/**
 * Divides units among those who want them: nobody gets more than they want, and what one does not want goes to the
 * others in equal parts. When an equal part is too small for the call that somebody waits for, the one that has waited
 * longest gets as much as that call needs. Everybody who knows the same claims comes to the same division.
 */
export function fairParts(total: number, claims: readonly Claim[]): ReadonlyMap<string, number> {
  const parts = evenly(total, claims);
  const [first] = claims
    .filter(({ owner, need, since }) => since !== null && (parts.get(owner) ?? 0) < Math.min(need, total))
    .sort((a, b) => (a.since ?? 0) - (b.since ?? 0) || compare(a.owner, b.owner));
  if (first === undefined) return parts;
  const large = Math.min(total, first.need);
  const rest = claims.filter((claim) => claim !== first);
  return new Map([...evenly(total - large, rest), [first.owner, large]]);
}

function evenly(total: number, claims: readonly Claim[]): Map<string, number> {
  const parts = new Map<string, number>();
  const modestFirst = claims.toSorted((a, b) => a.want - b.want || compare(a.owner, b.owner));
  let left = Math.max(0, total);
  for (const [index, { owner, want }] of modestFirst.entries()) {
    const part = Math.min(want, Math.floor(left / (modestFirst.length - index)));
    parts.set(owner, part);
    left -= part;
  }
  return parts;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
