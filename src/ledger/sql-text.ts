import type { Column, InsertSpec, UpdateSpec } from './engine.ts';

/**
 * Turns the queries' common SQL into an engine's own. The markers:
 * - `?1`, `?2` …: parameters;
 * - `IN texts(?1)`, `IN ints(?1)`: membership in a list parameter;
 * - `each(day text, people int) AS r`: rows of the caller's own as a table, for `allEach` and `runEach`;
 * - `INDEXED BY name`: SQLite's planner knows nothing of how the rows are spread and is told;
 * - `FOR UPDATE`, `SKIP LOCKED`: row locks, which one writer does not need;
 * - `server_now()`: the store's own clock in ms, for what several machines must agree on;
 * - in table definitions `{key}`, `{int}`, `{blob}` and `{compact}`, and in indexes `{tie}`: the key as their last
 *   column, which SQLite adds by itself.
 */
export interface SqlDialect {
  readonly name: 'sqlite' | 'postgres';
  translate(sql: string): string;
  insert(spec: InsertSpec, returning: boolean): string;
  update(spec: UpdateSpec): string;
}

const eachMarker = /each\(([^)]*)\) AS r/g;
const listMarker = /IN (texts|ints)\(\?(\d+)\)/g;

export const sqliteDialect: SqlDialect = {
  name: 'sqlite',
  translate: (sql) =>
    sql
      .replace(eachMarker, (_all, fields: string) => {
        const columns = fieldsOf(fields).map(({ name }, index) => `?${index + 1} AS ${name}`);
        return `(SELECT ${columns.join(', ')}) AS r`;
      })
      .replace(listMarker, 'IN (SELECT value FROM json_each(?$2))')
      .replace(/\bFOR UPDATE(?: OF \w+)?(?: SKIP LOCKED)?/g, '')
      .replaceAll('server_now()', "CAST(unixepoch('subsec') * 1000 AS INTEGER)")
      .replaceAll('{key}', 'INTEGER PRIMARY KEY')
      .replaceAll('{int}', 'INTEGER')
      .replaceAll('{blob}', 'BLOB')
      .replaceAll('{compact}', 'WITHOUT ROWID')
      .replaceAll('{tie}', ''),
  insert: (spec) => {
    const names = spec.columns.map((column) => column.name).join(', ');
    const values = spec.columns.map(() => '?').join(', ');
    return `INSERT INTO ${spec.table} (${names}) VALUES (${values}) ${spec.conflict}`;
  },
  update: (spec) => {
    const sets = spec.columns.map((column, index) => assignment(column, column.name, `?${index + 2}`));
    return `UPDATE ${spec.table} SET ${sets.join(', ')} WHERE ${spec.key.name} = ?1`;
  },
};

export const postgresDialect: SqlDialect = {
  name: 'postgres',
  translate: (sql) =>
    sql
      .replace(eachMarker, (_all, fields: string) => {
        const columns = fieldsOf(fields);
        return `${unnest(columns)} AS r(${columns.map(({ name }) => name).join(', ')})`;
      })
      .replace(/ INDEXED BY \w+/g, '')
      .replace(listMarker, (_all, type: string, parameter: string) => {
        return `= ANY(?${parameter}::${type === 'texts' ? 'text' : 'bigint'}[])`;
      })
      .replace(/\?(\d+)/g, '$$$1')
      .replaceAll('server_now()', 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)')
      .replaceAll('{key}', 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY')
      .replaceAll('{int}', 'BIGINT')
      .replaceAll('{blob}', 'BYTEA')
      .replaceAll('{compact}', '')
      .replaceAll('{tie}', ', pk'),
  insert: (spec, returning) => {
    const names = spec.columns.map((column) => column.name).join(', ');
    const back = returning ? ` RETURNING pk, ${spec.key} AS key` : '';
    return `INSERT INTO ${spec.table} (${names}) SELECT * FROM ${unnest(spec.columns)} ${spec.conflict}${back}`;
  },
  update: (spec) => {
    const columns = [spec.key, ...spec.columns];
    const sets = spec.columns.map((column) => assignment(column, `t.${column.name}`, `r.${column.name}`));
    const names = columns.map((column) => column.name).join(', ');
    return `UPDATE ${spec.table} AS t SET ${sets.join(', ')} FROM ${unnest(columns)} AS r(${names}) WHERE t.${spec.key.name} = r.${spec.key.name}`;
  },
};

function assignment(column: Column, old: string, fresh: string): string {
  const value = column.set === null ? fresh : column.set.replaceAll('OLD', old).replaceAll('NEW', fresh);
  return `${column.name} = ${value}`;
}

function unnest(columns: readonly { readonly type: string }[]): string {
  const arrays = columns.map((column, index) => `$${index + 1}::${postgresType(column.type)}[]`);
  return `unnest(${arrays.join(', ')})`;
}

function postgresType(type: string): string {
  if (type === 'int') return 'bigint';
  return type === 'blob' ? 'bytea' : 'text';
}

function fieldsOf(list: string): { name: string; type: string }[] {
  return list.split(',').map((field) => {
    const [name = '', type = 'text'] = field.trim().split(/\s+/);
    return { name, type };
  });
}
