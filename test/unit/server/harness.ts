import { silentLogger } from '../../../src/base/logger.ts';
import { Secret } from '../../../src/base/sensitive.ts';
import { createApp, type App } from '../../../src/server/app.ts';
import type { TokenSource } from '../../../src/server/access.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { fakeProgram, type FakeProgram } from './fake-ports.ts';

export const adminToken = 'admin-token-for-tests';
export const readToken = 'read-token-for-tests';

export interface Harness {
  readonly program: FakeProgram;
  readonly clock: FakeClock;
  readonly app: App;
  /** Sends a request as a program on the same machine would, unless told otherwise. */
  readonly ask: (path: string, options?: AskOptions) => Promise<Response>;
}

export interface AskOptions {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when it is text. */
  readonly body?: unknown;
  readonly from?: string;
}

export function harness(
  options: {
    readonly admin?: TokenSource;
    readonly read?: TokenSource;
    readonly program?: FakeProgram;
    readonly host?: string;
  } = {},
): Harness {
  const program = options.program ?? fakeProgram();
  const clock = new FakeClock();
  let id = 0;
  const app = createApp({
    host: options.host ?? '127.0.0.1',
    adminToken: options.admin === undefined ? new Secret(adminToken) : options.admin,
    readToken: options.read ?? null,
    ports: program.ports,
    clock,
    logger: silentLogger,
    newId: () => `id-${++id}`,
  });
  return {
    program,
    clock,
    app,
    async ask(path, { method, token, headers, body, from } = {}) {
      const request = new Request(`http://localhost${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          host: 'localhost:8080',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      });
      return app.fetch(request, { incoming: { socket: { remoteAddress: from ?? '127.0.0.1' } } });
    },
  };
}
