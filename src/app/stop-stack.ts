import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';

/** What was started, to be stopped in the opposite order. */
export class StopStack {
  readonly #stops: { readonly name: string; readonly stop: () => Promise<void> | void }[] = [];
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  push(name: string, stop: () => Promise<void> | void): void {
    this.#stops.push({ name, stop });
  }

  /** Stops everything; a part that fails to stop is logged and does not keep the others from stopping. */
  async stopAll(): Promise<void> {
    for (let part = this.#stops.pop(); part !== undefined; part = this.#stops.pop()) {
      try {
        await part.stop();
      } catch (thrown) {
        this.#logger.warn({ part: part.name, error: messageOf(thrown) }, 'a part did not stop cleanly');
      }
    }
  }
}
