import type { LedgerTx } from '../ledger/ledger.ts';
import type { EventMeta } from '../model/event.ts';
import type { RawRecord } from '../model/record.ts';
import { identityOf, type PlannedEvent } from './planned-event.ts';

/** `<partition>/<offset>`, which names an event that says no id itself; see docs/events.md. */
function placeOf({ partition, offset }: RawRecord): string {
  return `${partition}/${offset}`;
}

function isNamedByPlace({ id }: EventMeta, record: RawRecord): boolean {
  const place = placeOf(record);
  return id === place || id.startsWith(`${place}/`);
}

/**
 * A topic that was deleted and created anew has other records at the same places, and so has one whose broker lost its
 * end. An event that is named by its place and meets another record's identity there gets its record's timestamp into its
 * id, as a redelivered record keeps its timestamp and another one has its own; one that is redriven is told by its
 * content. Gives those events under their new ids.
 */
export async function renameNewcomers(
  tx: LedgerTx,
  events: readonly PlannedEvent[],
  fresh: ReadonlySet<string>,
  redrive: boolean,
): Promise<ReadonlyMap<PlannedEvent, PlannedEvent>> {
  const doubtful: PlannedEvent[] = [];
  for (const each of events) {
    if (isNamedByPlace(each.event.meta, each.record) && !fresh.has(identityOf(each.event)))
      doubtful.push(each);
  }
  const renamed = new Map<PlannedEvent, PlannedEvent>();
  if (doubtful.length === 0) return renamed;
  const isKnown = await (redrive ? knownByContent : knownByTime)(tx, doubtful);
  for (const each of doubtful) if (!isKnown(each)) renamed.set(each, rename(each));
  return renamed;
}

type IsKnown = (planned: PlannedEvent) => boolean;

async function knownByTime(tx: LedgerTx, events: readonly PlannedEvent[]): Promise<IsKnown> {
  const times = await tx.eventTimes(events.map(({ event }) => identityOf(event)));
  return ({ event, record }) => times.get(identityOf(event)) === record.timestamp;
}

/** The dead-letter topic keeps all of a record but its timestamp. */
async function knownByContent(tx: LedgerTx, events: readonly PlannedEvent[]): Promise<IsKnown> {
  const contents = await tx.eventContents(events.map(({ event }) => identityOf(event)));
  return ({ event, record }) => {
    const known = contents.get(identityOf(event));
    return known !== undefined && isSame(known.key, record.key) && isSame(known.value, record.value);
  };
}

function isSame(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other);
}

function rename(planned: PlannedEvent): PlannedEvent {
  const { record, event, plan } = planned;
  const place = placeOf(record);
  const meta = { ...event.meta, id: event.meta.id.replace(place, `${place}@${record.timestamp}`) };
  const notifications = plan.notifications.map((notification) => {
    const { digestItem } = notification;
    return digestItem === null ? notification : { ...notification, digestItem: { ...digestItem, meta } };
  });
  return { record, event: { ...event, meta }, plan: { ...plan, notifications } };
}
