import type { ClientBase, QueryResult } from 'pg';
import type { InsertSpec, Session, SqlParam, SqlValue, UpdateSpec } from './engine.ts';
import { LedgerMisuseError } from './errors.ts';
import { postgresDialect } from './sql-text.ts';

interface Statement {
  /** The server keeps the parsed statement under this name, once a connection. */
  readonly name: string;
  readonly text: string;
}

/** Statements are few and fixed, so their names may be counted over all connections. */
const statements = new Map<string | InsertSpec | UpdateSpec, Statement>();

function statement(key: string | InsertSpec | UpdateSpec, make: () => string): Statement {
  let known = statements.get(key);
  if (known === undefined) {
    known = { name: `dingbus_${statements.size}`, text: make() };
    statements.set(key, known);
  }
  return known;
}

/** Returning ones are kept apart from those that do not: the same spec may serve both. */
const returning = new WeakMap<InsertSpec, Statement>();

/** The namespace of advisory locks that transactions take; any number that others do not use. */
const lockSpace = 4_417_001;

/** One transaction's view of its connection. */
export class PostgresSession implements Session {
  readonly #client: ClientBase;
  #ended = false;
  /** The first failure of a statement: after it the server runs nothing more in this transaction. */
  fault: unknown = null;

  constructor(client: ClientBase) {
    this.#client = client;
  }

  end(): void {
    this.#ended = true;
  }

  async all<Row>(sql: string, params: readonly SqlParam[] = []): Promise<Row[]> {
    const found = statement(sql, () => postgresDialect.translate(sql));
    const { rows } = await this.#query(found, params.map(bind));
    return rows as Row[];
  }

  async run(sql: string, params: readonly SqlParam[] = []): Promise<number> {
    const found = statement(sql, () => postgresDialect.translate(sql));
    return (await this.#query(found, params.map(bind))).rowCount ?? 0;
  }

  async allEach<Row>(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<Row[]> {
    if (rows.length === 0) return [];
    const found = statement(sql, () => postgresDialect.translate(sql));
    return (await this.#query(found, columnsOf(rows[0]?.length ?? 0, rows))).rows as Row[];
  }

  async runEach(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    if (rows.length === 0) return 0;
    const found = statement(sql, () => postgresDialect.translate(sql));
    return (await this.#query(found, columnsOf(rows[0]?.length ?? 0, rows))).rowCount ?? 0;
  }

  async insert(spec: InsertSpec, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    if (rows.length === 0) return 0;
    const found = statement(spec, () => postgresDialect.insert(spec, false));
    return (await this.#query(found, columnsOf(spec.columns.length, rows))).rowCount ?? 0;
  }

  async insertReturning(
    spec: InsertSpec,
    rows: readonly (readonly SqlValue[])[],
  ): Promise<readonly (number | null)[]> {
    if (rows.length === 0) return [];
    let found = returning.get(spec);
    if (found === undefined) {
      found = { name: `dingbus_r${statements.size}`, text: postgresDialect.insert(spec, true) };
      statements.set(found.text, found);
      returning.set(spec, found);
    }
    const result = await this.#query(found, columnsOf(spec.columns.length, rows));
    const pks = new Map((result.rows as { pk: number; key: string }[]).map((row) => [row.key, row.pk]));
    const keyAt = spec.columns.findIndex((column) => column.name === spec.key);
    return rows.map((row) => {
      const key = clean(String(row[keyAt]));
      const pk = pks.get(key) ?? null;
      // Of two equal keys in one batch the first is the one that was inserted.
      pks.delete(key);
      return pk;
    });
  }

  async update(spec: UpdateSpec, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    if (rows.length === 0) return 0;
    const found = statement(spec, () => postgresDialect.update(spec));
    return (await this.#query(found, columnsOf(spec.columns.length + 1, rows))).rowCount ?? 0;
  }

  /** In rising order, so that two transactions with the same locks do not wait for each other. */
  async lock(keys: readonly number[]): Promise<void> {
    await this.run(`SELECT pg_advisory_xact_lock(${lockSpace}, k::int) FROM unnest(?1::bigint[]) AS k`, [
      keys.toSorted((a, b) => a - b),
    ]);
  }

  async #query({ name, text }: Statement, values: unknown[]): Promise<QueryResult> {
    if (this.#ended) {
      throw new LedgerMisuseError('a ledger transaction was used after its end: an await is missing');
    }
    try {
      return await this.#client.query({ name, text, values });
    } catch (thrown) {
      this.fault ??= thrown;
      throw thrown;
    }
  }
}

function columnsOf(width: number, rows: readonly (readonly SqlValue[])[]): unknown[] {
  return Array.from({ length: width }, (_none, index) => rows.map((row) => cleanValue(row[index] ?? null)));
}

function bind(param: SqlParam): unknown {
  return Array.isArray(param) ? param.map(cleanValue) : cleanValue(param);
}

function cleanValue(value: unknown): unknown {
  return typeof value === 'string' ? clean(value) : value;
}

/** PostgreSQL's text holds every character but U+0000; one that came with an event may not stop the stream. */
function clean(value: string): string {
  return value.includes('\0') ? value.replaceAll('\0', '\u{FFFD}') : value;
}
