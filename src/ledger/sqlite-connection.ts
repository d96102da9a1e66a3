import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Breath } from '../base/breath.ts';
import type { InsertSpec, Session, SqlParam, SqlValue, UpdateSpec } from './engine.ts';
import { LedgerMisuseError } from './errors.ts';
import { storeFault } from './sqlite-errors.ts';
import { sqliteDialect } from './sql-text.ts';

const busyTimeoutMs = 5_000;

/** One connection with its prepared statements. Rows are written one by one: here a statement costs no journey. */
export class SqliteConnection {
  readonly db: DatabaseSync;
  readonly path: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #inserts = new Map<InsertSpec, StatementSync>();
  readonly #updates = new Map<UpdateSpec, StatementSync>();

  constructor(path: string, options: { readonly readOnly: boolean }) {
    this.path = path;
    this.db = new DatabaseSync(path, { readOnly: options.readOnly, timeout: busyTimeoutMs });
  }

  /** For what can be done another time when somebody else is at the file. */
  withoutWaiting(work: (db: DatabaseSync) => void): void {
    this.db.exec('PRAGMA busy_timeout = 0');
    try {
      work(this.db);
    } finally {
      this.db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    }
  }

  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sqliteDialect.translate(sql));
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  insertStatement(spec: InsertSpec): StatementSync {
    let statement = this.#inserts.get(spec);
    if (statement === undefined) {
      statement = this.db.prepare(sqliteDialect.insert(spec, false));
      this.#inserts.set(spec, statement);
    }
    return statement;
  }

  updateStatement(spec: UpdateSpec): StatementSync {
    let statement = this.#updates.get(spec);
    if (statement === undefined) {
      statement = this.db.prepare(sqliteDialect.update(spec));
      this.#updates.set(spec, statement);
    }
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#inserts.clear();
    this.#updates.clear();
    this.db.close();
  }
}

/** One transaction's view of the connection. */
export class SqliteSession implements Session {
  readonly #connection: SqliteConnection;
  readonly #breath: Breath;
  #ended = false;
  /** Set when the store itself failed: then the whole transaction is lost, whatever its closure made of the error. */
  fault: Error | null = null;

  /** `breath`: taken between statements; several transactions in a row share one. */
  constructor(connection: SqliteConnection, breath: Breath = new Breath()) {
    this.#connection = connection;
    this.#breath = breath;
  }

  end(): void {
    this.#ended = true;
  }

  all<Row>(sql: string, params: readonly SqlParam[] = []): Promise<Row[]> {
    return this.#do((connection) => connection.statement(sql).all(...params.map(bind)) as Row[]);
  }

  run(sql: string, params: readonly SqlParam[] = []): Promise<number> {
    return this.#do((connection) => Number(connection.statement(sql).run(...params.map(bind)).changes));
  }

  allEach<Row>(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<Row[]> {
    return this.#do((connection) => {
      const statement = connection.statement(sql);
      const found: Row[] = [];
      for (const row of rows) for (const each of statement.all(...row)) found.push(each as Row);
      return found;
    });
  }

  runEach(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    return this.#do((connection) => runAll(connection.statement(sql), rows));
  }

  insert(spec: InsertSpec, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    return this.#do((connection) => (rows.length === 0 ? 0 : runAll(connection.insertStatement(spec), rows)));
  }

  insertReturning(
    spec: InsertSpec,
    rows: readonly (readonly SqlValue[])[],
  ): Promise<readonly (number | null)[]> {
    return this.#do((connection) =>
      rows.length === 0 ? [] : insertAll(connection.insertStatement(spec), rows),
    );
  }

  update(spec: UpdateSpec, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    return this.#do((connection) => (rows.length === 0 ? 0 : runAll(connection.updateStatement(spec), rows)));
  }

  /** There is one writer: nobody to wait for. */
  async lock(): Promise<void> {
    return Promise.resolve();
  }

  async #do<T>(work: (connection: SqliteConnection) => T): Promise<T> {
    if (this.#ended)
      throw new LedgerMisuseError('a ledger transaction was used after its end: an await is missing');
    try {
      const done = work(this.#connection);
      if (this.#breath.due) await this.#breath.take();
      return done;
    } catch (thrown) {
      const fault = storeFault(thrown, this.#connection.path);
      if (fault === null) throw thrown;
      this.fault = fault;
      throw fault;
    }
  }
}

/** How many rows the statement has changed, over all. */
function runAll(statement: StatementSync, rows: readonly (readonly SqlValue[])[]): number {
  let changed = 0;
  for (const row of rows) changed += Number(statement.run(...row).changes);
  return changed;
}

/** The key of each row; null for one that was there already. */
function insertAll(statement: StatementSync, rows: readonly (readonly SqlValue[])[]): (number | null)[] {
  const keys: (number | null)[] = [];
  for (const row of rows) {
    const { changes, lastInsertRowid } = statement.run(...row);
    keys.push(changes === 0 ? null : Number(lastInsertRowid));
  }
  return keys;
}

function bind(param: SqlParam): SqlValue {
  return Array.isArray(param) ? JSON.stringify(param) : (param as SqlValue);
}
