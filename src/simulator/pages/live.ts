import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { World } from '../world.ts';

/** How often it is looked whether something is new. Milliseconds. */
const lookMs = 300;

/** Tells pages by server-sent events that something is new, several changes at once. */
export class Live {
  readonly #world: World;
  readonly #listeners = new Set<() => void>();
  #told = -1;
  #cancel: (() => void) | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  stream(c: Context): Response {
    // Hono answers HEAD with this as well and drops the body: a stream that nobody reads and nothing ends.
    if (c.req.raw.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
    return streamSSE(c, async (out) => {
      let wake: () => void = () => {};
      let news = true;
      const listener = (): void => {
        news = true;
        wake();
      };
      out.onAbort(() => {
        this.#remove(listener);
        wake();
      });
      this.#add(listener);
      while (!out.aborted && !out.closed && this.#listeners.has(listener)) {
        if (news) {
          news = false;
          await out.writeSSE({ data: String(this.#world.revision) });
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (news) resolve();
        });
      }
    });
  }

  close(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    this.#cancel?.();
    this.#cancel = null;
    for (const listener of listeners) listener();
  }

  #add(listener: () => void): void {
    this.#listeners.add(listener);
    if (this.#cancel === null) this.#look();
  }

  #remove(listener: () => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#cancel?.();
    this.#cancel = null;
  }

  #look(): void {
    if (this.#world.revision !== this.#told) {
      this.#told = this.#world.revision;
      for (const listener of this.#listeners) listener();
    }
    this.#cancel = this.#world.clock.schedule(lookMs, () => {
      this.#look();
    });
  }
}
