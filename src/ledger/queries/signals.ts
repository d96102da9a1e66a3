import { int, text, type InsertSpec } from '../engine.ts';
import type { RememberedSignal } from '../ledger.ts';
import type { Scope } from '../scope.ts';
import { indexText } from './index-text.ts';
import { lockNumber } from './lock-number.ts';

const signalRow: InsertSpec = {
  table: 'signals',
  columns: [
    text('kind'),
    text('route'),
    text('correlation'),
    text('status_value'),
    text('status_bg'),
    int('at'),
  ],
  key: 'pk',
  conflict: '',
};

export async function rememberSignals(
  { session }: Scope,
  signals: readonly RememberedSignal[],
): Promise<void> {
  await session.insert(
    signalRow,
    signals.map((each) => [
      each.kind,
      each.route,
      indexText(each.correlation),
      each.statusValue,
      each.statusBg,
      each.at,
    ]),
  );
}

interface Row {
  readonly kind: RememberedSignal['kind'];
  readonly status_value: string | null;
  readonly status_bg: string | null;
  readonly at: number;
}

/** In the order in which they came, so that the last status wins. */
export async function signalsFor(
  scope: Scope,
  route: string,
  correlation: string,
  since: number,
): Promise<readonly RememberedSignal[]> {
  await lockCorrelation(scope, route, correlation);
  const { session } = scope;
  const rows = await session.all<Row>(
    `SELECT kind, status_value, status_bg, at FROM signals
     WHERE route = ?1 AND correlation = ?2 AND at >= ?3 ORDER BY at, pk`,
    [route, indexText(correlation), since],
  );
  return rows.map((row) => ({
    kind: row.kind,
    route,
    correlation,
    statusValue: row.status_value,
    statusBg: row.status_bg,
    at: row.at,
  }));
}

/**
 * A notification and the signal that is meant for it may be written by two instances at once; without this neither
 * would see the other.
 */
export async function lockCorrelation(
  { session, context }: Scope,
  route: string,
  correlation: string,
): Promise<void> {
  if (context.shared) await session.lock([lockNumber('correlation', route, indexText(correlation))]);
}
