/**
 * The ledger on a PostgreSQL server, shared by many instances. Transactions are READ COMMITTED with row locks: what
 * must be unique is a unique key, what must be counted is one conditional statement or taken under a lock, and what
 * the server undoes for the sake of another transaction is run again.
 */
import type { Pool, PoolClient, QueryResult } from 'pg';
import { backoffMs } from '../base/backoff.ts';
import { sleep, type Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { messageOf } from '../base/errors.ts';
import type { Engine, Session } from './engine.ts';
import { LedgerMisuseError, LedgerReadOnlyError, LedgerUnavailableError } from './errors.ts';
import { faultOf, ledgerError } from './postgres-errors.ts';
import { PostgresSession } from './postgres-session.ts';

/** How often a transaction is run before its caller learns of the trouble; about two seconds without a server. */
const maxAttempts = 6;
const reconnect = { firstMs: 50, maxMs: 1_000 };
/** A commit whose answer was lost: its fate is asked for until the server tells. */
const askAgain = { firstMs: 100, maxMs: 5_000 };

/** Begins and asks for the transaction's number in one journey; by it a lost commit can be judged later. */
const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_current_xact_id()::text AS xid';
const beginSnapshot = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

export interface PostgresEngineOptions {
  readonly pool: Pool;
  /** For people: where the server is. */
  readonly server: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readOnly: boolean;
}

type Attempt<T> =
  { readonly done: true; readonly value: T } | { readonly done: false; readonly thrown: unknown };

export class PostgresEngine implements Engine {
  readonly shared = true;
  readonly #pool: Pool;
  readonly #options: PostgresEngineOptions;
  readonly #closing = new AbortController();
  #reason: string | null = null;

  constructor(options: PostgresEngineOptions) {
    this.#pool = options.pool;
    this.#options = options;
  }

  async write<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#options.readOnly) throw new LedgerReadOnlyError('the ledger was opened for reading only');
    return this.#repeat(() => this.#transaction(work));
  }

  async read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#repeat(() => this.#snapshot(work));
  }

  health(): { ok: boolean; reason: string | null } {
    return { ok: this.#reason === null, reason: this.#reason };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#pool.end();
  }

  async #repeat<T>(attempt: () => Promise<Attempt<T>>): Promise<T> {
    for (let round = 1; ; round++) {
      const outcome = await attempt();
      if (outcome.done) {
        this.#reason = null;
        return outcome.value;
      }
      const fault = faultOf(outcome.thrown);
      const hopeful = (fault === 'again' || fault === 'connection') && !this.#closing.signal.aborted;
      if (!hopeful || round >= maxAttempts) {
        const error = ledgerError(outcome.thrown, this.#options.server);
        if (error instanceof LedgerUnavailableError) this.#reason = error.message;
        throw error;
      }
      this.#options.logger.debug(
        { err: messageOf(outcome.thrown), round },
        'ledger transaction is run again',
      );
      // The server undid only one of those that stood in each other's way, so that one may go on at once.
      if (fault === 'connection') {
        await sleep(this.#options.clock, backoffMs(round, reconnect), this.#closing.signal);
      }
    }
  }

  async #transaction<T>(work: (session: Session) => Promise<T>): Promise<Attempt<T>> {
    const connected = await this.#connect();
    if (!connected.done) return connected;
    const client = connected.value;
    const session = new PostgresSession(client);
    let xid: string;
    let value: T;
    try {
      const begun = (await client.query(begin)) as unknown as [QueryResult, QueryResult<{ xid: string }>];
      xid = begun[1].rows[0]?.xid ?? '';
      value = await work(session);
    } catch (thrown) {
      session.end();
      // What the closure made of a failed statement does not matter: the statement's failure decides what follows.
      return await this.#rollBack(client, session.fault ?? thrown, thrown);
    }
    session.end();
    // The closure looked away, but the server did not: nothing of this transaction can be committed.
    if (session.fault !== null) return await this.#rollBack(client, session.fault, session.fault);
    return this.#commit(client, xid, value);
  }

  async #commit<T>(client: PoolClient, xid: string, value: T): Promise<Attempt<T>> {
    try {
      const { command } = await client.query('COMMIT');
      client.release();
      if (command === 'COMMIT') return { done: true, value };
      return { done: false, thrown: new LedgerMisuseError(`the server answered a commit with ${command}`) };
    } catch (thrown) {
      client.release(true);
      if (faultOf(thrown) !== 'connection') return { done: false, thrown };
      return (await this.#wasCommitted(xid)) ? { done: true, value } : { done: false, thrown };
    }
  }

  /**
   * The connection broke between a commit and its answer. To run the work again could do it twice, to give up could
   * leave an intent that nobody knows of, so this waits until the server can be asked.
   */
  async #wasCommitted(xid: string): Promise<boolean> {
    for (let round = 1; ; round++) {
      if (this.#closing.signal.aborted) {
        throw new LedgerUnavailableError(
          `the ledger on ${this.#options.server} was closed while a commit was in doubt`,
        );
      }
      try {
        const { rows } = await this.#pool.query<{ status: string | null }>(
          'SELECT pg_xact_status($1::xid8) AS status',
          [xid],
        );
        const status = rows[0]?.status ?? null;
        if (status === 'committed') return true;
        if (status === 'aborted') return false;
        this.#reason = `the ledger on ${this.#options.server} has not yet told whether a commit took place`;
      } catch (thrown) {
        const error = ledgerError(thrown, this.#options.server);
        if (!(error instanceof LedgerUnavailableError)) throw error;
        this.#reason = error.message;
      }
      await sleep(this.#options.clock, backoffMs(round, askAgain), this.#closing.signal);
    }
  }

  async #snapshot<T>(work: (session: Session) => Promise<T>): Promise<Attempt<T>> {
    const connected = await this.#connect();
    if (!connected.done) return connected;
    const client = connected.value;
    const session = new PostgresSession(client);
    try {
      await client.query(beginSnapshot);
      const value = await work(session);
      session.end();
      await client.query('COMMIT');
      client.release();
      return { done: true, value };
    } catch (thrown) {
      session.end();
      return await this.#rollBack(client, session.fault ?? thrown, thrown);
    }
  }

  async #connect(): Promise<Attempt<PoolClient>> {
    try {
      return { done: true, value: await this.#pool.connect() };
    } catch (thrown) {
      return { done: false, thrown };
    }
  }

  /** Undoes and hands the connection back; one that is broken is thrown away, which undoes as well. */
  async #rollBack(client: PoolClient, cause: unknown, thrown: unknown): Promise<Attempt<never>> {
    const fault = faultOf(cause);
    if (fault === 'connection') {
      client.release(true);
      return { done: false, thrown: cause };
    }
    try {
      await client.query('ROLLBACK');
      client.release();
    } catch (broken) {
      this.#options.logger.debug({ err: messageOf(broken) }, 'ledger connection lost');
      client.release(true);
    }
    return { done: false, thrown: fault === 'other' ? thrown : cause };
  }
}
