import type { Command } from 'commander';
import { z } from 'zod';
import { environment } from '../app/environment.ts';
import { DingbusError, messageOf } from '../base/errors.ts';
import { Secret } from '../base/sensitive.ts';
import type { ServerConfig } from '../config/config.ts';
import * as schemas from '../server/api/schemas.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson } from './loading.ts';
import { commonOptions } from './common-options.ts';
import { table } from './table.ts';

/**
 * The HTTP API of the running service. What changes something goes through it and not to the ledger, so that there
 * is one who writes, and every change stands in its audit log.
 */
export interface ServiceClient {
  get<T extends z.ZodType>(path: string, answer: T): Promise<z.output<T>>;
  change(path: string, body: unknown): Promise<readonly Outcome[]>;
}

export type Outcome = z.output<typeof schemas.outcome>;

class ServiceUnreachableError extends DingbusError {
  readonly code = 'service_unreachable';
}

class ServiceRefusedError extends DingbusError {
  readonly code = 'service_refused';
}

/** As many ids as the API takes in one request. */
const idsPerRequest = 100;
/** A redrive may search the dead-letter topic first. */
const answerMs = 60_000;
const outcomes = z.object({ items: z.array(schemas.outcome) });
const problem = z.object({ code: z.string(), detail: z.string() });

/** The option that every command has which talks to the running service. */
export const urlOption = [
  '--url <address>',
  'the running service; server.host and server.port of the configuration without it',
] as const;

/** The service that `--url` or the configuration names; the token is the configuration's, or DINGBUS_ADMIN_TOKEN. */
export function serviceClient(
  command: Command,
  server: ServerConfig,
  url: string | undefined,
): ServiceClient {
  const base = url ?? addressOf(server);
  if (!URL.canParse(base) || !/^https?:/.test(base)) {
    return command.error(`error: --url takes an address like http://127.0.0.1:8080, not "${base}"`, {
      exitCode: exitCodes.usage,
    });
  }
  if (url === undefined && server.port === 0) {
    return command.error('error: server.port is 0, so nobody knows the port: name it with --url', {
      exitCode: exitCodes.usage,
    });
  }
  const fromEnvironment = environment()['DINGBUS_ADMIN_TOKEN'] ?? '';
  const token = server.adminToken ?? (fromEnvironment === '' ? null : new Secret(fromEnvironment));
  const ask = (method: 'GET' | 'POST', path: string, body: unknown) =>
    request(base, token, method, path, body);
  return {
    get: async (path, answer) => answer.parse(await ask('GET', path, null)),
    change: async (path, body) => outcomes.parse(await ask('POST', path, body)).items,
  };
}

function addressOf({ host, port }: ServerConfig): string {
  const anyAddress: Readonly<Record<string, string>> = {
    '0.0.0.0': '127.0.0.1',
    '::': '::1',
    '': '127.0.0.1',
  };
  const name = anyAddress[host] ?? host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

async function request(
  base: string,
  token: Secret | null,
  method: 'GET' | 'POST',
  path: string,
  body: unknown,
): Promise<unknown> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== null) headers['authorization'] = `Bearer ${token.reveal()}`;
  if (body !== null) headers['content-type'] = 'application/json';
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL(`/api/v1${path}`, base), {
      method,
      headers,
      ...(body === null ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(answerMs),
    });
    text = await response.text();
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
    const why = messageOf(cause) === '' ? messageOf(thrown) : messageOf(cause);
    throw new ServiceUnreachableError(
      `the service does not answer at ${new URL(base).origin} (${why}). This goes through the running service: start it with "dingbus run", or name its address with --url`,
    );
  }
  const answer = jsonOf(text);
  if (response.ok && answer !== undefined) return answer;
  const told = problem.safeParse(answer);
  const why = told.success ? `${told.data.code}: ${told.data.detail}` : 'is this the address of dingbus?';
  throw new ServiceRefusedError(`the service answered HTTP ${response.status}: ${why}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is an answer too: the status tells the rest.
    return undefined;
  }
}

/** Tells what became of each; the exit code of the command. */
export function printOutcomes(command: Command, done: readonly Outcome[]): number {
  if (commonOptions(command).json) printJson({ items: done });
  else {
    const rows = done.map(({ id, outcome, message, created }) => [
      id,
      outcome,
      [message, created.length === 0 ? null : `new: ${created.join(', ')}`]
        .filter((t) => t !== null)
        .join('; '),
    ]);
    process.stdout.write(`${table(['ID', 'OUTCOME', ''], rows)}\n`);
  }
  return done.every(({ ok }) => ok) ? exitCodes.good : exitCodes.faults;
}

/** Sends many in as many requests as the API needs; `onDone` hears of each. */
export async function changeMany<T>(
  client: ServiceClient,
  path: string,
  all: readonly T[],
  bodyOf: (some: readonly T[]) => unknown,
  onDone: (count: number) => void = () => undefined,
): Promise<readonly Outcome[]> {
  const done: Outcome[] = [];
  for (let start = 0; start < all.length; start += idsPerRequest) {
    const some = all.slice(start, start + idsPerRequest);
    done.push(...(await client.change(path, bodyOf(some))));
    onDone(some.length);
  }
  return done;
}
