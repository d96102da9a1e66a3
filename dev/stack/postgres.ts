/**
 * PostgreSQL for tests: a server whose address is given, the one that the test run keeps for all its workers, or
 * one of this process' own. Each caller gets a fresh database, so that tests never see each other's rows.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { StackError } from './errors.ts';
import { startEmbeddedPostgres, type PostgresServer } from './postgres-server.ts';
import { sayOnStderr, type Say } from './say.ts';

export interface Database {
  /** `postgres://user:password@host:port/name`. */
  readonly url: string;
  /** Drops the database; connections that are still open are closed. */
  stop(): Promise<void>;
}

/** Names the test run's own PostgreSQL service to its worker processes; see `vitest-servers.ts`. */
export const onDemandVariable = 'DINGBUS_POSTGRES_ON_DEMAND';

let own: Promise<PostgresServer> | null = null;

/** Gives a fresh, empty database on a running server; the server is started when there is none yet. */
export async function startPostgres(env: NodeJS.ProcessEnv = process.env): Promise<Database> {
  const server = new URL(await serverUrl(env));
  const name = `dingbus_test_${randomBytes(6).toString('hex')}`;
  await administer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    stop: () => administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function serverUrl(env: NodeJS.ProcessEnv): Promise<string> {
  const given = env['DINGBUS_TEST_POSTGRES'];
  if (given !== undefined && given !== '') return given;
  const service = env[onDemandVariable];
  if (service === undefined || service === '') return ownServer();
  const response = await fetch(service, { method: 'POST' });
  const text = await response.text();
  if (!response.ok) throw new StackError(text);
  return text;
}

/** The URL of this process' own server, started by the first call; it ends with the process. */
export async function ownServer(say: Say = sayOnStderr): Promise<string> {
  own ??= startEmbeddedPostgres(say);
  return (await own).url;
}

/** Ends this process' own server when there is one. */
export async function stopOwnServer(): Promise<void> {
  const server = own;
  own = null;
  await (await server)?.stop();
}

async function administer(server: URL, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
