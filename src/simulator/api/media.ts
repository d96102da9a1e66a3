import type { KnownMedium } from '../message/fields.ts';
import type { AppCall } from '../world.ts';

/** A medium that a message may name now, or null: unknown, or struck by the fault `media-expired`. */
export function knownMedium(call: AppCall, id: string): KnownMedium | null {
  const { world, operation, app } = call;
  const medium = world.media.get(id);
  if (medium === null) return null;
  const expiring = world.faults.list().find((fault) => fault.spec.name === 'media-expired');
  if (expiring === undefined || medium.createdAt > expiring.since) return medium;
  const struck = world.faults.strike('media-expired', operation, app);
  if (struck === null) return medium;
  call.struck.push('media-expired');
  return null;
}
