import type { Session } from './engine.ts';
import { SqliteSession, type SqliteConnection } from './sqlite-connection.ts';
import { storeFault } from './sqlite-errors.ts';

/**
 * Snapshots over one connection of their own, which sees what was committed when each began, whatever the writer does
 * meanwhile. They run one after another: a connection has only one transaction.
 */
export class SqliteReads {
  readonly #connection: SqliteConnection;
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#snapshot(work));
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  async close(): Promise<void> {
    await this.#last;
    this.#connection.close();
  }

  async #snapshot<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { db, path } = this.#connection;
    const session = new SqliteSession(this.#connection);
    try {
      db.exec('BEGIN');
      return await work(session);
    } catch (thrown) {
      throw storeFault(thrown, path) ?? thrown;
    } finally {
      session.end();
      if (db.isTransaction) db.exec('ROLLBACK');
    }
  }
}
