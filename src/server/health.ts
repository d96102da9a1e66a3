import type { Hono } from 'hono';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { ServerEnv } from './caller.ts';
import { maskOptional, maskText } from './masking.ts';
import type { ComponentHealth, HealthPort } from './ports.ts';

/** A probe that takes longer than this is as bad as one that fails: whoever asks has its own patience. */
const probeWaitMs = 2_000;

export interface Readiness {
  readonly ready: boolean;
  readonly components: readonly ComponentHealth[];
}

/** Asks the program how it is; asks that come while one is under way share its answer. */
export class HealthCheck {
  readonly #port: HealthPort;
  readonly #clock: Clock;
  #asking: Promise<Readiness> | null = null;

  constructor(port: HealthPort, clock: Clock) {
    this.#port = port;
    this.#clock = clock;
  }

  live(): { readonly healthy: boolean; readonly components: readonly ComponentHealth[] } {
    const components = this.#port.live().map(shown);
    return { healthy: components.every((component) => component.ok), components };
  }

  readiness(): Promise<Readiness> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(): Promise<Readiness> {
    let cancel = (): void => undefined;
    const late = new Promise<readonly ComponentHealth[]>((resolve) => {
      cancel = this.#clock.schedule(probeWaitMs, () => {
        resolve([{ component: 'probe', ok: false, reason: `no answer within ${probeWaitMs} ms` }]);
      });
    });
    try {
      const components = (await Promise.race([this.#port.ready(), late])).map(shown);
      return { ready: components.every((component) => component.ok), components };
    } catch (thrown) {
      // A probe that breaks is an answer too: the thing that it looks at does not work.
      return {
        ready: false,
        components: [{ component: 'probe', ok: false, reason: maskText(messageOf(thrown)) }],
      };
    } finally {
      cancel();
    }
  }
}

function shown(component: ComponentHealth): ComponentHealth {
  return { component: component.component, ok: component.ok, reason: maskOptional(component.reason) };
}

/** `/-/healthy`: the event loop turns and no watchdog barks. `/-/ready`: messages can flow, or why they cannot. */
export function healthRoutes(app: Hono<ServerEnv>, health: HealthCheck): void {
  app.get('/-/healthy', (context) => {
    const live = health.live();
    return context.json(live, live.healthy ? 200 : 503);
  });
  app.get('/-/ready', async (context) => {
    const readiness = await health.readiness();
    return context.json(readiness, readiness.ready ? 200 : 503);
  });
}
