/**
 * Global set-up of the test projects. One broker and one registry serve every integration and acceptance test of a
 * run, and one PostgreSQL server comes up when the first test asks for a database. Vitest calls this only for
 * projects that have tests to run, so unit tests alone start nothing.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { messageOf } from '../../src/base/errors.ts';
import { onDemandVariable, ownServer, stopOwnServer } from './postgres.ts';
import { startStack, type Stack } from './stack.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port` of the broker that the whole test run shares. */
    brokers: string;
    /** The URL of the schema registry that the whole test run shares. */
    registryUrl: string;
  }
}

interface Shared {
  users: number;
  readonly stack: Promise<Stack>;
}

/** Each project loads this module anew, so what they share hangs on the global object. */
const home = globalThis as { dingbusTestServers?: Shared | null };

/** For projects that need Kafka and the registry (and may ask for PostgreSQL). */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = (home.dingbusTestServers ??= { users: 0, stack: startStack() });
  servers.users += 1;
  const stack = await servers.stack;
  project.provide('brokers', stack.brokers);
  project.provide('registryUrl', stack.registryUrl);
  const stopPostgres = await offerPostgres();
  return async () => {
    await stopPostgres();
    servers.users -= 1;
    if (servers.users > 0) return;
    home.dingbusTestServers = null;
    await stack.stop();
  };
}

/**
 * Offers PostgreSQL to the test workers: the first request starts it. The address of this little service goes
 * through the environment, because `startPostgres` is also used outside of tests.
 */
export async function offerPostgres(): Promise<() => Promise<void>> {
  if (process.env[onDemandVariable] !== undefined) return () => Promise.resolve();
  const service = createServer((_request, response) => {
    ownServer().then(
      (url) => response.end(url),
      (error: unknown) => response.writeHead(500).end(messageOf(error)),
    );
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  service.unref();
  process.env[onDemandVariable] = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  return async () => {
    Reflect.deleteProperty(process.env, onDemandVariable);
    service.close();
    service.closeAllConnections();
    await stopOwnServer();
  };
}
