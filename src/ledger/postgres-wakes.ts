import type { Client } from 'pg';
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { WakeKind } from './ledger.ts';
import { allWakes, type Wakes } from './wakes.ts';

const channel = 'dingbus_wake';
const reconnect = { firstMs: 200, maxMs: 10_000 };

export interface PostgresWakesOptions {
  readonly instance: string;
  readonly connect: () => Client;
  readonly wakes: Wakes;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Tells other instances that there is work, and hears it from them, over one connection of its own. It tells after
 * the commit rather than in it: a NOTIFY inside would make all commits of the database wait in line. What is lost
 * with a dying instance is made good when its lease runs out, and what is lost with a connection when it is back.
 */
export class PostgresWakes {
  readonly #options: PostgresWakesOptions;
  #client: Client | null = null;
  readonly #pending = new Set<WakeKind>();
  #telling: Promise<void> | null = null;
  #cancelReconnect: (() => void) | null = null;
  #failures = 0;
  #closed = false;

  constructor(options: PostgresWakesOptions) {
    this.#options = options;
  }

  /** @throws the connection's error when the first attempt fails; later ones are repeated until `close`. */
  async start(): Promise<void> {
    await this.#open();
  }

  tell(kinds: Iterable<WakeKind>): void {
    for (const kind of kinds) this.#pending.add(kind);
    this.#telling ??= this.#flush().finally(() => {
      this.#telling = null;
      // Something may have come up between the last look and now.
      if (this.#pending.size > 0 && this.#client !== null) this.tell([]);
    });
  }

  async close(): Promise<void> {
    await this.#telling;
    this.#closed = true;
    this.#cancelReconnect?.();
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }

  async #open(): Promise<void> {
    const client = this.#options.connect();
    client.on('error', (thrown) => {
      this.#lost(client, thrown);
    });
    client.on('end', () => {
      this.#lost(client, null);
    });
    client.on('notification', ({ payload }) => {
      this.#heard(payload ?? '');
    });
    await client.connect();
    await client.query(`LISTEN ${channel}`);
    this.#client = client;
    this.#failures = 0;
  }

  /** While nobody listened, anything may have come; and what waited to be told is told now. */
  async #reopen(): Promise<void> {
    try {
      await this.#open();
    } catch (thrown) {
      this.#options.logger.debug({ err: messageOf(thrown) }, 'ledger wake-ups are not connected yet');
      this.#scheduleReopen();
      return;
    }
    this.#options.logger.info({}, 'ledger wake-ups are connected again');
    this.#options.wakes.fire(allWakes);
    this.tell([]);
  }

  #lost(client: Client | null, thrown: unknown): void {
    if (client === null || this.#client !== client || this.#closed) return;
    this.#client = null;
    // A connection that no longer answers is no use to the server either.
    client.end().catch((broken: unknown) => {
      this.#options.logger.debug({ err: messageOf(broken) }, 'ledger connection lost');
    });
    this.#options.logger.warn(
      { err: thrown === null ? null : messageOf(thrown) },
      'ledger wake-ups lost their connection',
    );
    this.#scheduleReopen();
  }

  #scheduleReopen(): void {
    if (this.#closed) return;
    this.#failures += 1;
    this.#cancelReconnect = this.#options.clock.schedule(backoffMs(this.#failures, reconnect), () => {
      void this.#reopen();
    });
  }

  /** One message at a time: what comes up meanwhile goes with the next. */
  async #flush(): Promise<void> {
    while (this.#pending.size > 0 && this.#client !== null) {
      const kinds = [...this.#pending];
      this.#pending.clear();
      try {
        await this.#client.query({
          name: 'dingbus_wake',
          text: 'SELECT pg_notify($1, $2)',
          values: [channel, `${this.#options.instance} ${kinds.join(',')}`],
        });
      } catch (thrown) {
        // The kinds wait for the next connection.
        for (const kind of kinds) this.#pending.add(kind);
        this.#options.logger.debug({ err: messageOf(thrown) }, 'ledger wake-up could not be told');
        this.#lost(this.#client, thrown);
        return;
      }
    }
  }

  #heard(payload: string): void {
    const [instance, list = ''] = payload.split(' ');
    // One's own news was heard at once, without the server.
    if (instance === this.#options.instance) return;
    const kinds = new Set(list.split(','));
    this.#options.wakes.fire(allWakes.filter((kind) => kinds.has(kind)));
  }
}
