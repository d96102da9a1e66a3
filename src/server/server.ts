/**
 * The HTTP server for people and their tools: health, metrics, the API and the console. It shows what the ports
 * tell and asks them for what a person wants; it keeps nothing and decides nothing but who may ask. Whatever it
 * sends is masked: no mobile number, token or secret leaves through it.
 */
import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Clock } from '../base/clock.ts';
import { DingbusError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { TokenSource } from './access.ts';
import { createApp } from './app.ts';
import type { ServerPorts } from './ports.ts';

export interface ServerOptions {
  /** Name or address to listen on; `127.0.0.1` keeps other machines out. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Null = everything that changes something is off. */
  readonly adminToken: TokenSource;
  /** When set, reading needs a token too, on the same machine as well. */
  readonly readToken?: TokenSource;
  readonly ports: ServerPorts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gives ids for the audit log; random UUIDs when absent. */
  readonly newId?: () => string;
}

export interface Server {
  /**
   * Listens, and tells where.
   * @throws ServerListenError when the address is taken or not ours.
   */
  start(): Promise<{ readonly url: string }>;
  /**
   * Takes no new connection, ends live streams, lets requests under way finish and cuts those off that take longer
   * than `deadlineMs`. Never rejects; may be called before `start` and twice.
   */
  stop(deadlineMs: number): Promise<void>;
}

export class ServerListenError extends DingbusError {
  readonly code = 'server_listen';
}

/** A client that dawdles with its request must not hold a connection for long. */
const headersTimeoutMs = 15_000;
const requestTimeoutMs = 30_000;
/** Far more than people and scrapers need; beyond, connections are refused instead of filling the memory. */
const maxConnections = 1_000;

export function createServer(options: ServerOptions): Server {
  const { host, port, ports, clock, logger, adminToken } = options;
  const app = createApp({
    host,
    adminToken,
    readToken: options.readToken ?? null,
    ports,
    clock,
    logger,
    newId: options.newId ?? (() => randomUUID()),
  });
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    overrideGlobalObjects: false,
  });
  let stopping = false;
  const server = createHttpServer((incoming, outgoing) => {
    // A connection that is kept alive after the last answer would hold up the stop for seconds.
    outgoing.once('close', () => {
      if (stopping) setImmediate(() => server.closeIdleConnections());
    });
    void listener(incoming, outgoing);
  });
  server.headersTimeout = headersTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  server.maxConnections = maxConnections;

  return {
    async start() {
      await listen(server, host, port);
      const url = urlOf(server, host);
      logger.info({ url }, 'serving');
      return { url };
    },
    async stop(deadlineMs) {
      stopping = true;
      app.close();
      if (!server.listening) return;
      const cancel = clock.schedule(deadlineMs, () => {
        server.closeAllConnections();
      });
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeIdleConnections();
      });
      cancel();
    },
  };
}

function listen(server: HttpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (thrown: Error): void => {
      reject(
        new ServerListenError(`cannot listen on ${host}:${port}: ${messageOf(thrown)}`, { cause: thrown }),
      );
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

/** The address that a person on this machine can open. */
function urlOf(server: HttpServer, host: string): string {
  const bound = server.address();
  const port = bound === null || typeof bound === 'string' ? 0 : bound.port;
  const name = host === '0.0.0.0' || host === '::' || host === '' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
