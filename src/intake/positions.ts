import type { Position } from '../ledger/ledger.ts';

/** What the broker says of a partition when it is assigned. */
export interface BrokerView {
  readonly topic: string;
  readonly partition: number;
  /** The group's committed offset; null when there is none. */
  readonly committed: bigint | null;
  readonly low: bigint;
  readonly high: bigint;
  /** Another one after the topic was deleted and created anew; null when the broker keeps none. */
  readonly topicId: string | null;
}

/**
 * Where to begin. `continue`: at the ledger's position. `obey`: where the group stands, because somebody moved it.
 * `start`: as the topic's `start:` says, because the position lies outside of what the log holds (`lost` tells
 * which). `recreated`: at the first record, because this is another topic of the same name. `committed`: the ledger knows nothing of this partition yet.
 */
export type StartDecision =
  | { readonly kind: 'continue' | 'obey'; readonly offset: bigint }
  | { readonly kind: 'committed' }
  | { readonly kind: 'start'; readonly lost: 'expired' | 'beyond_end' }
  | { readonly kind: 'recreated'; readonly offset: bigint };

/**
 * The ledger is ahead of the group's offset after a crash between its commit and Kafka's: then it is right. An
 * offset outside the range that crashes can explain was set by an operator (or the ledger is an old copy): then
 * the group is right. Records that come again are recognised by their identity.
 */
export function decideStart(broker: BrokerView, ledger: Position | undefined): StartDecision {
  if (ledger === undefined) return { kind: 'committed' };
  // Whatever the new topic holds is new, so nothing of it may be passed over, not even with `start: latest`.
  if (ledger.topicId !== null && broker.topicId !== null && ledger.topicId !== broker.topicId)
    return { kind: 'recreated', offset: broker.low };
  const wanted = wantedOffset(broker.committed, ledger);
  if (wanted.offset > broker.high) return { kind: 'start', lost: 'beyond_end' };
  if (wanted.offset < broker.low) return { kind: 'start', lost: 'expired' };
  return wanted;
}

function wantedOffset(
  committed: bigint | null,
  ledger: Position,
): { kind: 'continue' | 'obey'; offset: bigint } {
  // Without a committed offset there is nobody to obey: the group is new, or the broker forgot it.
  if (committed === null) return { kind: 'continue', offset: ledger.next };
  const explained = committed <= ledger.next && (ledger.committed === null || committed >= ledger.committed);
  return explained ? { kind: 'continue', offset: ledger.next } : { kind: 'obey', offset: committed };
}
