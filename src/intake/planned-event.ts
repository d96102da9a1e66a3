import { stableId } from '../base/ids.ts';
import type { Event } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import type { RawRecord } from '../model/record.ts';

/** One event with everything that follows from it. */
export interface PlannedEvent {
  readonly record: RawRecord;
  readonly event: Event;
  readonly plan: Plan;
}

/** Whether anything follows from an event. */
export function hasConsequences({ notifications, signals }: Plan): boolean {
  return notifications.length + signals.length > 0;
}

/** The ledger's key for an event, global over topics. */
export function identityOf(event: Event): string {
  return stableId('evt', event.meta.source, event.meta.id);
}
