import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Control } from '../control.ts';
import type { World } from '../world.ts';
import { controlRoutes } from './control-routes.ts';

export interface Pages {
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** Ends what is still being streamed. */
  close(): void;
}

/** The simulator's own addresses: the control API under /_sim and the inbox page at /. */
export function createPages(world: World, control: Control): Pages {
  const app = new Hono();
  app.route('/_sim', controlRoutes(world, control));
  const listen = getRequestListener(app.fetch);
  return {
    listener(request, response) {
      void listen(request, response);
    },
    close() {},
  };
}
