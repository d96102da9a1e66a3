import { blob, int, text, type InsertSpec } from '../engine.ts';
import { bytes, decodeHeaders, encodeHeaders } from '../codec/record.ts';
import type { EventRow } from '../ledger.ts';
import { recordTime, type RawRecord } from '../../model/record.ts';
import type { Scope } from '../scope.ts';

const eventRow: InsertSpec = {
  table: 'events',
  columns: [
    text('identity'),
    int('received_at'),
    text('topic'),
    int('partition'),
    int('record_offset'),
    int('record_time'),
    blob('record_key'),
    blob('record_value'),
    text('headers'),
  ],
  key: 'identity',
  conflict: 'ON CONFLICT (identity) DO NOTHING',
};

export async function insertEvents(scope: Scope, events: readonly EventRow[]): Promise<ReadonlySet<string>> {
  // Two instances that insert the same events in a different order would wait for each other for ever.
  const sorted = scope.context.shared
    ? events.toSorted((a, b) => (a.identity < b.identity ? -1 : a.identity > b.identity ? 1 : 0))
    : events;
  const pks = await scope.session.insertReturning(eventRow, sorted.map(toRow));
  const fresh = new Set<string>();
  for (const [index, event] of sorted.entries()) {
    const pk = pks[index] ?? null;
    if (pk === null) continue;
    fresh.add(event.identity);
    scope.eventPks.set(event.identity, pk);
  }
  return fresh;
}

function toRow({ identity, record, receivedAt }: EventRow) {
  return [
    identity,
    receivedAt,
    record.topic,
    record.partition,
    record.offset,
    record.timestamp,
    record.key,
    record.value,
    encodeHeaders(record.headers),
  ];
}

export async function eventTimes(
  { session }: Scope,
  identities: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await session.all<{ identity: string; record_time: string }>(
    'SELECT identity, CAST(record_time AS TEXT) AS record_time FROM events WHERE identity IN texts(?1)',
    [identities],
  );
  return new Map(rows.map((row) => [row.identity, recordTime(Number(row.record_time))]));
}

export async function eventContents(
  { session }: Scope,
  identities: readonly string[],
): Promise<ReadonlyMap<string, Pick<RawRecord, 'key' | 'value'>>> {
  const rows = await session.all<Pick<Row, 'record_key' | 'record_value'> & { identity: string }>(
    'SELECT identity, record_key, record_value FROM events WHERE identity IN texts(?1)',
    [identities],
  );
  return new Map(
    rows.map((row) => [row.identity, { key: bytes(row.record_key), value: bytes(row.record_value) }]),
  );
}

/** The pks of events by identity; those of this transaction are known already. */
export async function eventPks(
  scope: Scope,
  identities: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const missing = [...new Set(identities.filter((identity) => !scope.eventPks.has(identity)))];
  if (missing.length > 0) {
    const rows = await scope.session.all<{ pk: number; identity: string }>(
      'SELECT pk, identity FROM events WHERE identity IN texts(?1)',
      [missing],
    );
    for (const row of rows) scope.eventPks.set(row.identity, row.pk);
  }
  return scope.eventPks;
}

/** Offset and time as text: both use all 64 bits, the time in rows that were written before it was bounded. */
interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly record_offset: string;
  readonly record_time: string;
  readonly record_key: Uint8Array | null;
  readonly record_value: Uint8Array | null;
  readonly headers: string | null;
}

export async function eventRecord({ session }: Scope, notificationId: string): Promise<RawRecord | null> {
  const [row] = await session.all<Row>(
    `SELECT e.topic, e.partition, CAST(e.record_offset AS TEXT) AS record_offset,
       CAST(e.record_time AS TEXT) AS record_time, e.record_key, e.record_value, e.headers
     FROM notifications n JOIN events e ON e.pk = n.event_pk WHERE n.id = ?1`,
    [notificationId],
  );
  if (row === undefined) return null;
  return {
    topic: row.topic,
    partition: row.partition,
    offset: BigInt(row.record_offset),
    timestamp: recordTime(Number(row.record_time)),
    key: bytes(row.record_key),
    value: bytes(row.record_value),
    headers: decodeHeaders(row.headers),
  };
}
