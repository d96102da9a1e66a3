import type { Event, EventReference } from '../../model/event.ts';
import { decodeData, encodeData } from './values.ts';

/** A whole event: what a digest's template will get as one of its items. */
export function encodeEvent(event: Event): string {
  return encodeData(event);
}

export function decodeEvent(text: string): Event {
  return decodeData(text) as Event;
}

export type PackedReference = Omit<EventReference, 'offset'> & { readonly offset: string };

export function packReference(event: EventReference): PackedReference {
  return { ...event, offset: String(event.offset) };
}

export function unpackReference(packed: PackedReference): EventReference {
  return { ...packed, offset: BigInt(packed.offset) };
}
