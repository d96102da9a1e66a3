import { Hono } from 'hono';
import { DingbusError, messageOf } from '../base/errors.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { Access, type TokenSource } from './access.ts';
import { apiRoutes, requireRole } from './api/routes.ts';
import type { ServerEnv } from './caller.ts';
import { Changes } from './changes.ts';
import { consoleRoutes } from './console/routes.ts';
import { securityHeaders } from './headers.ts';
import { HealthCheck, healthRoutes } from './health.ts';
import { LiveFeed } from './live.ts';
import { statusOf } from './api/status.ts';
import { maskText } from './masking.ts';
import type { ServerPorts } from './ports.ts';
import type { Services } from './services.ts';
import { problemResponse } from './problem.ts';
import { reload } from './reload.ts';

/** How often open pages are told what is new, and how many may be open. */
const liveEveryMs = 2_000;
const mostLivePages = 100;

export interface AppOptions {
  readonly host: string;
  readonly adminToken: TokenSource;
  readonly readToken: TokenSource;
  readonly ports: ServerPorts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
}

export interface App {
  readonly fetch: Hono<ServerEnv>['fetch'];
  /** Ends the live streams, which would never end by themselves. */
  close(): void;
}

/** All routes over the ports, without a socket; `createServer` puts it on one. */
export function createApp(options: AppOptions): App {
  const { ports, clock, logger } = options;
  const health = new HealthCheck(ports.health, clock);
  const live = new LiveFeed({
    clock,
    snapshot: () => statusOf({ ports, health, clock }),
    onFault: (thrown) => {
      logger.warn({ error: maskText(messageOf(thrown)) }, 'live status not available');
    },
    intervalMs: liveEveryMs,
    maxSubscribers: mostLivePages,
  });
  const services: Services = {
    ports,
    clock,
    live,
    access: new Access(options),
    health,
    changes: new Changes({ audit: ports.audit, clock, logger, newId: options.newId }),
  };
  const app = new Hono<ServerEnv>();

  app.use(securityHeaders);
  app.onError((thrown, context) => {
    // A fault that a retry may cure (the ledger is away) is no bug of ours; everything else is.
    const passing = thrown instanceof DingbusError && thrown.retry !== 'no';
    const request = { method: context.req.method, path: maskText(context.req.path) };
    if (passing)
      logger.warn({ ...request, error: maskText(messageOf(thrown)) }, 'request cannot be served now');
    else logger.error({ ...request, error: maskText(thrown.stack ?? thrown.message) }, 'request failed');
    return problemResponse(
      passing
        ? { status: 503, code: thrown.code, detail: 'Not possible at this moment; try again.' }
        : { status: 500, code: 'internal', detail: 'The request failed; the log of dingbus says why.' },
    );
  });
  app.notFound((context) =>
    problemResponse({
      status: 404,
      code: 'not_found',
      detail: `There is nothing at ${maskText(context.req.path)}.`,
    }),
  );

  healthRoutes(app, services.health);
  app.get('/metrics', async () => {
    return new Response(await ports.metrics.text(), {
      headers: { 'content-type': ports.metrics.contentType },
    });
  });
  app.post('/-/reload', async (context) => {
    const actor = await requireRole(services, context, 'admin');
    if (!actor.ok) return problemResponse(actor.problem);
    const report = await reload(services, actor.value);
    return context.json(report, report.ok ? 200 : 422);
  });
  apiRoutes(app, services);
  consoleRoutes(app, services);
  return {
    fetch: app.fetch,
    close: () => {
      live.close();
    },
  };
}
