import { Breath } from '../base/breath.ts';
import { systemClock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { LedgerUnavailableError } from './errors.ts';
import { SqliteSession, type SqliteConnection } from './sqlite-connection.ts';
import { storeFault } from './sqlite-errors.ts';

/** A commit costs a wait for the disk and the writing of every page that it touched: a bigger one costs less for each row. */
const gatherMs = 8;
/** A turn that took less had hardly anything to do: nobody would join. */
const busyTurnMs = 0.3;

interface Job {
  readonly work: (session: SqliteSession) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (thrown: unknown) => void;
}

type Outcome =
  { readonly job: Job; readonly value: unknown } | { readonly job: Job; readonly thrown: unknown };

/**
 * Group commit over one connection. Making a transaction durable costs a wait for the disk, so all that wait when one
 * begins go together: each runs to its end before the next begins, and all are durable, or none is, when the one commit
 * returns. Whom they wake goes with them, too. When one of them throws, all are undone and run again, each in a commit of
 * its own: a savepoint for each would copy every page before it is changed.
 */
export class SqliteCommits {
  readonly #connection: SqliteConnection;
  readonly #queue: Job[] = [];
  #running: Promise<void> | null = null;
  #closed = false;
  #companyExpected = false;
  #rolledBack = (): void => undefined;
  /** Why the last commit failed; null while they succeed. */
  reason: string | null = null;
  /** Counts commits, so that others see whether anything was written since they looked. */
  commits = 0;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  write<T>(work: (session: SqliteSession) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(new LedgerUnavailableError('the ledger is closed'));
        return;
      }
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#running ??= this.#drain();
    });
  }

  /** One listener, told after each rollback, before any transaction runs again. */
  onRollback(listener: () => void): void {
    this.#rolledBack = listener;
  }

  /** Said within a transaction: somebody is about to begin one that should go with the same commit. */
  expectCompany(): void {
    this.#companyExpected = true;
  }

  /** Lets everything that was asked for end, then takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running !== null) await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather();
      await this.#commit(this.#queue.splice(0), { takesCompany: true });
    }
    this.#running = null;
  }

  /**
   * Answers and records that have arrived get their turn first, so that what they write joins this commit: one turn of the
   * event loop, and under load, where every turn has something to do, as many as take `gatherMs` together.
   */
  async #gather(): Promise<void> {
    const until = systemClock.monotonic() + gatherMs;
    let began: number;
    let ended: number;
    do {
      began = systemClock.monotonic();
      await nextTurn();
      ended = systemClock.monotonic();
    } while (ended - began >= busyTurnMs && ended < until);
  }

  async #commit(first: readonly Job[], { takesCompany }: { readonly takesCompany: boolean }): Promise<void> {
    const { db } = this.#connection;
    const jobs = [...first];
    const outcomes: Outcome[] = [];
    let threw: boolean;
    try {
      db.exec('BEGIN IMMEDIATE');
      threw = await this.#runAll(first, outcomes);
      if (!threw && takesCompany && this.#companyExpected) {
        this.#companyExpected = false;
        await nextTurn();
        const company = this.#queue.splice(0);
        jobs.push(...company);
        threw = await this.#runAll(company, outcomes);
      }
      if (threw) this.#rollBack();
      else {
        db.exec('COMMIT');
        this.commits += 1;
        this.reason = null;
      }
    } catch (thrown) {
      this.#fail(jobs, thrown);
      return;
    }
    if (threw && jobs.length > 1) {
      for (const job of jobs) await this.#commit([job], { takesCompany: false });
      return;
    }
    for (const outcome of outcomes) {
      if ('thrown' in outcome) outcome.job.reject(outcome.thrown);
      else outcome.job.resolve(outcome.value);
    }
  }

  /** Runs one after another, to the first that throws; true when one did. */
  async #runAll(jobs: readonly Job[], outcomes: Outcome[]): Promise<boolean> {
    const breath = new Breath();
    for (const job of jobs) {
      const outcome = await this.#run(job, breath);
      outcomes.push(outcome);
      if ('thrown' in outcome) return true;
    }
    return false;
  }

  /** Runs one closure, whose throw is its outcome. Throws when the store failed, for then all is lost. */
  async #run(job: Job, breath: Breath): Promise<Outcome> {
    const session = new SqliteSession(this.#connection, breath);
    let outcome: Outcome;
    try {
      outcome = { job, value: await job.work(session) };
    } catch (thrown) {
      outcome = { job, thrown };
    }
    session.end();
    if (session.fault !== null) throw session.fault;
    return outcome;
  }

  #rollBack(): void {
    const { db } = this.#connection;
    try {
      // SQLite may have done it by itself when it ran out of room.
      if (db.isTransaction) db.exec('ROLLBACK');
    } catch (thrown) {
      // The next commit cannot begin then, says so to all that wait for it, and tries this again.
      this.reason = messageOf(thrown);
    }
    this.#rolledBack();
  }

  #fail(jobs: readonly Job[], thrown: unknown): void {
    const fault = storeFault(thrown, this.#connection.path);
    if (fault !== null) this.reason = fault.message;
    for (const job of jobs) job.reject(fault ?? thrown);
    this.#rollBack();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
