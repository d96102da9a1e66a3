import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import type { Control } from '../control.ts';
import type { World } from '../world.ts';
import { controlRoutes } from './control-routes.ts';
import { inboxView } from './inbox-view.ts';
import { Live } from './live.ts';
import { page, type PageRequest } from './page.ts';
import { panelView } from './panel-view.ts';
import { peopleView } from './people-view.ts';
import { script } from './script.ts';
import { style } from './style.ts';
import { words } from './words.ts';

export interface Pages {
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** Ends what is still being streamed. */
  close(): void;
}

/** Nothing from other hosts, no inline script; inline styles are the colours and widths of cards. */
const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The simulator's own addresses: the control API under /_sim and the inbox page at /. */
export function createPages(world: World, control: Control): Pages {
  const live = new Live(world);
  const app = new Hono();
  app.use(async (c, next) => {
    // The control API has no password; other sites open in the same browser shall not use it.
    if (c.req.header('sec-fetch-site') === 'cross-site')
      return c.text('cross-site requests are refused', 403);
    await next();
    c.header('Content-Security-Policy', contentPolicy);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    return;
  });
  app.get('/', (c) => c.html(page(world, control, read(c))));
  app.get('/favicon.ico', (c) => c.body(null, 204));
  app.get('/_sim/page.css', (c) => asset(c, style, 'text/css'));
  app.get('/_sim/page.js', (c) => asset(c, script, 'text/javascript'));
  app.get('/_sim/page/people', (c) => {
    const { userid, search, language, words: texts } = read(c);
    return c.html(peopleView(world, { selected: userid, search, language, words: texts }));
  });
  app.get('/_sim/page/inbox', (c) => {
    const { userid, words: texts } = read(c);
    return c.html(inboxView(world, control, userid, texts));
  });
  app.get('/_sim/page/panel', (c) => c.html(panelView(control, read(c).words)));
  app.get('/_sim/events', (c) => live.stream(c));
  app.route('/_sim', controlRoutes(world, control));
  const listen = getRequestListener(app.fetch);
  return {
    listener(request, response) {
      void listen(request, response);
    },
    close() {
      live.close();
    },
  };
}

function read(c: Context): PageRequest {
  const asked = c.req.query('lang');
  const preferred = (c.req.header('accept-language') ?? 'zh').toLowerCase().startsWith('en') ? 'en' : 'zh';
  const language = asked === 'zh' || asked === 'en' ? asked : preferred;
  return {
    userid: c.req.query('user') ?? '',
    search: c.req.query('q') ?? '',
    language,
    words: words[language],
  };
}

function asset(c: Context, text: string, type: string): Response {
  c.header('Content-Type', `${type};charset=utf-8`);
  c.header('Cache-Control', 'no-cache');
  return c.body(text);
}
