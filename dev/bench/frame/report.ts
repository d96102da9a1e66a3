/** One line of a bench: what was measured, beside its reference where it has one. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  /** What a program does in the same run that promises nothing; null where a fixed bound is the measure. */
  readonly reference: string | null;
  readonly ratio: number | null;
  /** In words: "≥ 0.80". */
  readonly target: string;
  readonly met: boolean;
}

export function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}

/** The value below which `share` (0 … 1) of the list lies. */
export function percentile(list: readonly number[], share: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Ours beside a reference, pair by pair: the median of the ratios, and what it has to be. */
export function compare(
  what: string,
  pairs: readonly { readonly ours: number; readonly reference: number }[],
  bound: { readonly atLeast: number } | { readonly atMost: number },
  unit: string,
): Row {
  const ratio = median(pairs.map(({ ours, reference }) => ours / reference));
  const met = 'atLeast' in bound ? ratio >= bound.atLeast : ratio <= bound.atMost;
  return {
    what,
    ours: `${figure(median(pairs.map(({ ours }) => ours)))} ${unit}`,
    reference: `${figure(median(pairs.map(({ reference }) => reference)))} ${unit}`,
    ratio,
    target: 'atLeast' in bound ? `≥ ${bound.atLeast.toFixed(2)}` : `≤ ${bound.atMost.toFixed(2)}`,
    met,
  };
}

/** A figure that has to stay below a fixed bound. */
export function below(what: string, values: readonly number[], bound: number, unit: string): Row {
  const ours = median(values);
  return {
    what,
    ours: `${figure(ours)} ${unit}`,
    reference: null,
    ratio: null,
    target: `≤ ${figure(bound)} ${unit}`,
    met: ours <= bound,
  };
}

export function figure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return Math.abs(value) >= 1 ? value.toFixed(1) : value.toFixed(4).replace(/0{1,2}$/, '');
}

export function printRow(row: Row): void {
  const ratio = row.ratio === null ? '' : `ratio ${row.ratio.toFixed(2)}`;
  const columns = [
    row.met ? '✓' : '✗',
    row.what.padEnd(58),
    row.ours.padStart(16),
    (row.reference ?? '').padStart(16),
    ratio.padStart(11),
    row.target.padStart(14),
  ];
  process.stdout.write(`${columns.join('  ')}\n`);
}

export function say(text: string): void {
  process.stderr.write(`  ${text}\n`);
}
