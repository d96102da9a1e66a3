import type { Hono } from 'hono';
import type { Services } from '../app.ts';
import type { ServerEnv } from '../caller.ts';

export function consoleRoutes(_app: Hono<ServerEnv>, _services: Services): void {}
