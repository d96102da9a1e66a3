import type { Context } from 'hono';
import type { Caller } from './access.ts';

/** What the Node adapter passes along with each request. */
export interface NodeBindings {
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } };
}

/** The types of a request's surroundings; `Bindings` is empty when the app is called without a server. */
export type ServerEnv = { Bindings: NodeBindings };

const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

export function callerOf(context: Context<ServerEnv>): Caller {
  const header = (name: string): string | null => context.req.header(name) ?? null;
  return {
    address: context.env.incoming?.socket.remoteAddress ?? null,
    authorization: header('authorization'),
    host: header('host'),
    forwarded: proxyHeaders.some((name) => header(name) !== null),
    fetchSite: header('sec-fetch-site'),
  };
}
