import type { Event } from '../model/event.ts';
import type { Plan, PlanFailure, PlannedNotification, RenderedMessage } from '../model/plan.ts';
import type { EventInput } from './event-input.ts';
import type { Explanation } from './explanation.ts';

/**
 * A topic's own expressions, compiled. Each is called with the event as it is without them and may throw; a throw,
 * null or "" means that the event has no identity. Null = not set for this topic.
 */
export interface TopicIdentity {
  readonly source: ((event: Event) => unknown) | null;
  readonly id: ((event: Event) => unknown) | null;
  readonly type: ((event: Event) => unknown) | null;
  readonly time: ((event: Event) => unknown) | null;
}

/**
 * The compiled configuration: what follows from an event. It is immutable and pure (no clock, no network, no file),
 * gives the same answer for the same question every time, and none of its functions throws because of an event. The
 * service, the commands and the console all ask this one object.
 */
export interface Rules {
  /** The configuration's hash. */
  readonly hash: string;
  /**
   * False when no route and no signal can match by topic and type alone, so that the record need not be decoded.
   * `undefined` = the type is not known before decoding.
   */
  couldMatch(topic: string, type: string | null | undefined): boolean;
  /** Null when the topic has no expressions of its own. */
  identity(topic: string): TopicIdentity | null;
  /** Everything that follows from one event at an instant (ms). */
  plan(event: Event, now: number): Plan;
  /**
   * One route's notifications for an event, whatever the other routes say: how a dead letter is tried again. Null
   * when there is no such route, or it is off or takes other topics or types.
   */
  planRoute(route: string, event: Event, now: number): Plan | null;
  /** What an event says to one route's earlier notifications: how a recall or update that failed is tried again. */
  planSignals(route: string, event: Event, now: number): Plan;
  /** The one notification of a closed digest. Null when the route is gone or makes no digests any more. */
  planDigest(route: string, key: string, members: readonly Event[], now: number): PlannedNotification | null;
  /** Why each route does or does not apply, and what would be sent. */
  explain(event: Event, now: number): Explanation;
  /** An event as people write it, `{ data, meta? }`, with the types that its schema gives. */
  eventFrom(input: unknown, now: number): EventInput;
  /** Renders one template by name; the answer is a message or what is wrong with it. */
  render(template: string, input: RenderInput, now: number): TemplateRendering;
}

/** What a template is rendered with: an event, and `item` or the members of a digest where it speaks of them. */
export interface RenderInput {
  readonly event: Event;
  readonly item?: unknown;
  readonly digest?: { readonly key: string; readonly members: readonly Event[] };
}

export type TemplateRendering =
  | { readonly kind: 'message'; readonly message: RenderedMessage }
  | { readonly kind: 'failure'; readonly failure: PlanFailure }
  | { readonly kind: 'unknown_template'; readonly suggestion: string | null };
