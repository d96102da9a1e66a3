import type { Pool } from 'pg';
import type { SharedDocuments } from './ledger.ts';
import { ledgerError } from './postgres-errors.ts';

const read = {
  name: 'dingbus_document_read',
  text: `SELECT d.body, COALESCE(d.version, 0) AS version,
      CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now
    FROM (SELECT 1) AS one LEFT JOIN shared_documents d ON d.name = $1`,
};
const insert = {
  name: 'dingbus_document_insert',
  text: `INSERT INTO shared_documents (name, body, version) VALUES ($1, $2, 1) ON CONFLICT (name) DO NOTHING`,
};
const update = {
  name: 'dingbus_document_update',
  text: `UPDATE shared_documents SET body = $2, version = version + 1 WHERE name = $1 AND version = $3`,
};

/**
 * Documents that instances change in turn. Each statement is a transaction of its own: an instance that is frozen
 * between reading and replacing holds no lock that others would wait for, it only comes too late.
 */
export function postgresDocuments(pool: Pool, server: string): SharedDocuments {
  const run = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      throw ledgerError(thrown, server);
    }
  };
  return {
    async read(name) {
      const { rows } = await run(
        pool.query<{ body: string | null; version: number; now: number }>({ ...read, values: [name] }),
      );
      const [row] = rows;
      return { text: row?.body ?? null, version: row?.version ?? 0, now: row?.now ?? 0 };
    },
    async replace(name, text, version) {
      const statement =
        version === 0 ? { ...insert, values: [name, text] } : { ...update, values: [name, text, version] };
      const { rowCount } = await run(pool.query(statement));
      return rowCount === 1;
    },
  };
}
