/**
 * The little that the queries need of a database, so that one set of them serves SQLite and PostgreSQL. Queries are
 * plain SQL in the words both share; `sql-text.ts` names the few markers that an engine translates. An engine knows
 * nothing of notifications.
 */

/** What a column holds. Integers stay below 2^53 unless they are offsets, which are read as text. */
export type ColumnType = 'text' | 'int' | 'blob';

export type SqlValue = string | number | bigint | null | Uint8Array;

/** A parameter; an array fills a `texts(?n)` or `ints(?n)` list. */
export type SqlParam = SqlValue | readonly (string | number)[];

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** For updates: what becomes of the column, with `OLD` for its value and `NEW` for the row's; `NEW` when null. */
  readonly set: string | null;
}

/** Inserts many rows at once. */
export interface InsertSpec {
  readonly table: string;
  readonly columns: readonly Column[];
  /** What follows the values, as `ON CONFLICT (id) DO NOTHING`; empty when a conflict is a fault. */
  readonly conflict: string;
  /** The column whose value tells rows apart, for the answer of `insertReturning`. */
  readonly key: string;
}

/** Updates many rows, each by its own key and with its own values. */
export interface UpdateSpec {
  readonly table: string;
  readonly key: Column;
  readonly columns: readonly Column[];
}

/** One transaction. Used after its end it throws, so that a forgotten `await` cannot reach into the next one. */
export interface Session {
  all<Row>(sql: string, params?: readonly SqlParam[]): Promise<Row[]>;
  /** Returns how many rows were changed. */
  run(sql: string, params?: readonly SqlParam[]): Promise<number>;
  /**
   * A query over a table `each(…)` of the caller's own: all rows found for all of them, in no particular order. In
   * SQLite it runs once for each row, so it may not sum up over several.
   */
  allEach<Row>(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<Row[]>;
  /** The same for a statement that changes rows; returns how many. */
  runEach(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number>;
  /** Returns how many rows were inserted or updated. */
  insert(spec: InsertSpec, rows: readonly (readonly SqlValue[])[]): Promise<number>;
  /** The same for tables with a `pk`: the new pk of each row in order, null where the row was there before. */
  insertReturning(
    spec: InsertSpec,
    rows: readonly (readonly SqlValue[])[],
  ): Promise<readonly (number | null)[]>;
  /** Each row is the key followed by the columns' values. Returns how many rows were found. */
  update(spec: UpdateSpec, rows: readonly (readonly SqlValue[])[]): Promise<number>;
  /** Waits until no other transaction holds any of these locks; they are held to the end. Free where there is one writer. */
  lock(keys: readonly number[]): Promise<void>;
}

/** A session whose end is told: the engine begins and ends it, the ledger builds its transaction on it. */
export interface Engine {
  /** True when other processes may write to the same ledger. */
  readonly shared: boolean;
  write<T>(work: (session: Session) => Promise<T>): Promise<T>;
  read<T>(work: (session: Session) => Promise<T>): Promise<T>;
  health(): { readonly ok: boolean; readonly reason: string | null };
  close(): Promise<void>;
}

export function text(name: string, set: string | null = null): Column {
  return { name, type: 'text', set };
}

export function int(name: string, set: string | null = null): Column {
  return { name, type: 'int', set };
}

export function blob(name: string, set: string | null = null): Column {
  return { name, type: 'blob', set };
}
