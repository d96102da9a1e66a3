import { describe, expect, it } from 'vitest';
import { int, text, type InsertSpec, type UpdateSpec } from '../../../src/ledger/engine.ts';
import { postgresDialect, sqliteDialect } from '../../../src/ledger/sql-text.ts';

const insert: InsertSpec = {
  table: 't',
  columns: [text('a'), int('b')],
  key: 'a',
  conflict: 'ON CONFLICT (a) DO NOTHING',
};
const update: UpdateSpec = {
  table: 't',
  key: text('a'),
  columns: [int('b', 'coalesce(OLD, NEW)'), text('c')],
};

describe('the common SQL', () => {
  it('becomes what each engine understands', () => {
    const sql = 'SELECT x FROM t INDEXED BY i WHERE x IN ints(?1) AND y = ?12 FOR UPDATE SKIP LOCKED';
    expect(sqliteDialect.translate(sql).trim()).toBe(
      'SELECT x FROM t INDEXED BY i WHERE x IN (SELECT value FROM json_each(?1)) AND y = ?12',
    );
    expect(postgresDialect.translate(sql)).toBe(
      'SELECT x FROM t WHERE x = ANY($1::bigint[]) AND y = $12 FOR UPDATE SKIP LOCKED',
    );
  });

  it('reads rows of the caller as a table', () => {
    const sql = 'SELECT r.a FROM each(a text, b int) AS r';
    expect(sqliteDialect.translate(sql)).toBe('SELECT r.a FROM (SELECT ?1 AS a, ?2 AS b) AS r');
    expect(postgresDialect.translate(sql)).toBe(
      'SELECT r.a FROM unnest($1::text[], $2::bigint[]) AS r(a, b)',
    );
  });

  it('inserts row by row, or all rows at once', () => {
    expect(sqliteDialect.insert(insert, true)).toBe(
      'INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO NOTHING',
    );
    expect(postgresDialect.insert(insert, true)).toBe(
      'INSERT INTO t (a, b) SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT (a) DO NOTHING RETURNING pk, a AS key',
    );
  });

  it('updates row by row, or all rows at once', () => {
    expect(sqliteDialect.update(update)).toBe('UPDATE t SET b = coalesce(b, ?2), c = ?3 WHERE a = ?1');
    expect(postgresDialect.update(update)).toBe(
      'UPDATE t AS t SET b = coalesce(t.b, r.b), c = r.c FROM unnest($1::text[], $2::bigint[], $3::text[]) AS r(a, b, c) WHERE t.a = r.a',
    );
  });
});
