import pg from 'pg';
import type { Logger } from '../base/logger.ts';
import { messageOf } from '../base/errors.ts';
import { LedgerOpenError } from './errors.ts';

/** Enough for the loops of one instance; a server allows about 100 in all. */
const poolSize = 10;
const connectMs = 10_000;
/** A statement that gives no answer for so long is one whose server is gone. */
const queryMs = 30_000;

/**
 * Settings of each connection; those in the store's own `options=` come after them and win.
 * A frozen instance must not keep rows locked, nor may one that waits wait for ever. Plans are made while the tables
 * are still empty and kept when they are not, so that ways which suit only small tables are closed to the planner.
 */
const settings = [
  'idle_in_transaction_session_timeout=10000',
  'lock_timeout=15000',
  'jit=off',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
];

export interface PostgresAddress {
  readonly connectionString: string;
  /** For people: host, port and database, never the password. */
  readonly server: string;
}

/** @throws LedgerOpenError when the text is no address; it is not repeated, for it may hold a password. */
export function parseAddress(store: string): PostgresAddress {
  let url: URL;
  try {
    url = new URL(store);
  } catch {
    throw new LedgerOpenError(
      'the store is no PostgreSQL address: write postgres://<user>@<host>:<port>/<database>',
    );
  }
  const given = url.searchParams.get('options') ?? '';
  url.searchParams.set('options', `${settings.map((each) => `-c ${each}`).join(' ')} ${given}`.trim());
  const port = url.port === '' ? '5432' : url.port;
  return { connectionString: url.href, server: `${url.hostname}:${port}${decodeURIComponent(url.pathname)}` };
}

/** The type `bigint`. Source: PostgreSQL's catalog, `SELECT oid FROM pg_type WHERE typname = 'int8'`. */
const int8 = 20;

/** All whole numbers that the queries read as such are below 2^53; offsets are read as text. */
const types = new pg.TypeOverrides();
types.setTypeParser(int8, Number);

export function createPool(address: PostgresAddress, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: address.connectionString,
    application_name: 'dingbus',
    max: poolSize,
    connectionTimeoutMillis: connectMs,
    query_timeout: queryMs,
    keepAlive: true,
    types,
  });
  const lost = (thrown: unknown): void => {
    logger.debug({ err: messageOf(thrown), server: address.server }, 'ledger connection lost');
  };
  // Whoever uses the connection gets the error with its statement; here it only must not end the process.
  pool.on('connect', (client) => {
    client.on('error', lost);
  });
  pool.on('error', lost);
  return pool;
}

/** A connection outside of the pool, for what lasts: listening. */
export function createClient(address: PostgresAddress): pg.Client {
  return new pg.Client({
    connectionString: address.connectionString,
    application_name: 'dingbus wake-ups',
    connectionTimeoutMillis: connectMs,
    query_timeout: queryMs,
    keepAlive: true,
  });
}
