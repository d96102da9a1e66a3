import type { Event, EventMeta } from '../model/event.ts';
import { celView } from './cel/celview.ts';
import { liquidView } from './liquid/view.ts';

/** What expressions and templates see of one event, made once and shared by all routes that look at it. */
export class EventScope {
  readonly event: Event;
  readonly nowMs: number;
  readonly #timeZone: string;
  #cel: CelScope | null = null;
  #liquid: Record<string, unknown> | null = null;

  constructor(event: Event, nowMs: number, timeZone: string) {
    this.event = event;
    this.nowMs = nowMs;
    this.#timeZone = timeZone;
  }

  /** The variables of expressions, or why the event cannot be looked at. */
  get cel(): CelScope {
    if (this.#cel === null) {
      const view = celView(this.event.data);
      this.#cel = view.ok
        ? {
            ok: true,
            variables: { data: view.view, meta: metaView(this.event.meta), now: new Date(this.nowMs) },
          }
        : view;
    }
    return this.#cel;
  }

  /** The variables of templates; ask `cel` first whether the event can be looked at. */
  get liquid(): Record<string, unknown> {
    this.#liquid ??= templateVariables(this.event, this.nowMs, this.#timeZone);
    return this.#liquid;
  }

  withItem(item: unknown): Record<string, unknown> {
    return { ...this.liquid, item: liquidView(item, this.#timeZone) };
  }
}

/** Most templates look at `data` alone; to write out the headers and times of every event would double the cost of a view. */
function templateVariables(event: Event, nowMs: number, timeZone: string): Record<string, unknown> {
  let meta: unknown;
  let now: unknown;
  return {
    data: liquidView(event.data, timeZone),
    get meta() {
      return (meta ??= liquidView(event.meta, timeZone));
    },
    get now() {
      return (now ??= liquidView(new Date(nowMs), timeZone));
    },
  };
}

export type CelScope =
  | { readonly ok: true; readonly variables: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly message: string };

/** `meta` with the partition as CEL wants whole numbers, and the time as fine as CEL sees it. */
export function metaView(meta: EventMeta): Record<string, unknown> {
  return {
    ...meta,
    partition: BigInt(meta.partition),
    headers: { ...meta.headers },
    time: meta.time === null ? null : new Date(meta.time.getTime()),
  };
}
