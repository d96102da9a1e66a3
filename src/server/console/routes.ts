/**
 * The console: pages drawn on the server from the same data as the API, masked the same way. Where reading is open
 * a page comes with its content; elsewhere it comes locked, and its script fetches the content with the token, since
 * a browser sends none by itself and cookies are not used on purpose. Nothing is changed here: buttons call the API.
 */
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { explanationJson } from '../api/present-rules.ts';
import { parseExactJson } from '../api/exact-json.ts';
import { requireRole } from '../api/routes.ts';
import type { Services } from '../services.ts';
import { jsonText } from '../body.ts';
import { callerOf, type ServerEnv } from '../caller.ts';
import { maskText } from '../masking.ts';
import { problemResponse } from '../problem.ts';
import { asset } from './assets.ts';
import { auditPage } from './audit.ts';
import { configurationPage } from './configuration.ts';
import { deadLetterPage, deadLettersPage } from './dead-letters.ts';
import { explanationView, explorerPage, refusal } from './explorer.ts';
import type { Html } from './html.ts';
import { layout, lockedBody } from './layout.ts';
import { missingPage, notificationPage } from './notification.ts';
import { notificationsPage } from './notifications.ts';
import { overviewPage } from './overview.ts';
import type { PageContext, PageMaker } from './page.ts';
import { languageOf, texts } from './texts.ts';

/** The script asks with this header for a page's content alone. */
const fragmentHeader = 'x-dingbus-fragment';

const pages: Readonly<Record<string, PageMaker>> = {
  '/': overviewPage,
  '/notifications': notificationsPage,
  '/notifications/:id': notificationPage,
  '/explorer': explorerPage,
  '/dead-letters': deadLettersPage,
  '/dead-letters/:id': deadLetterPage,
  '/configuration': configurationPage,
  '/audit': auditPage,
};

export function consoleRoutes(app: Hono<ServerEnv>, services: Services): void {
  for (const [path, maker] of Object.entries(pages)) {
    app.get(path, (context) => show(services, context, maker));
  }
  app.post('/explorer', (context) => explain(services, context));
  app.get('/assets/:name', (context) => {
    const found = asset(context.req.param('name'));
    if (found === null) return context.notFound();
    return context.body(found.content, 200, {
      'content-type': found.type,
      'cache-control': 'public, max-age=31536000, immutable',
    });
  });
  app.get('*', (context) => {
    // What is not a page is an address of the API or a mistake in a tool: those want words, not markup.
    const wantsPage = (context.req.header('accept') ?? '').includes('text/html');
    return wantsPage ? show(services, context, missingPage) : context.notFound();
  });
}

async function show(services: Services, context: Context<ServerEnv>, maker: PageMaker): Promise<Response> {
  const page = pageContext(services, context);
  const path = context.req.path;
  if (context.req.header(fragmentHeader) !== undefined) {
    const access = await requireRole(services, context, 'read');
    if (!access.ok) return problemResponse(access.problem);
    const made = await maker(page);
    return markup(context, made.body, made.status ?? 200);
  }
  if (!services.access.openReading(navigationOf(context))) {
    const title = page.t.locked;
    const body = lockedBody(page, services.access.tokensExist());
    return markup(context, layout(page, path, { title, body }, true), 200);
  }
  const made = await maker(page);
  return markup(context, layout(page, path, made, false), made.status ?? 200);
}

/**
 * Following a link from another site to a page is harmless: the other site cannot read what comes. Requests by its
 * scripts and frames stay refused.
 */
function navigationOf(context: Context<ServerEnv>): ReturnType<typeof callerOf> {
  const caller = callerOf(context);
  const navigates =
    context.req.header('sec-fetch-mode') === 'navigate' &&
    context.req.header('sec-fetch-dest') === 'document';
  return navigates ? { ...caller, fetchSite: 'none' } : caller;
}

const explorerInput = z.strictObject({ event: z.string().max(1_100_000) });

/** The explorer's answer as markup; the event travels as text, so that its faults can be told in its own words. */
async function explain(services: Services, context: Context<ServerEnv>): Promise<Response> {
  const access = await requireRole(services, context, 'read');
  if (!access.ok) return problemResponse(access.problem);
  const text = await jsonText(context);
  if (!text.ok) return problemResponse(text.problem);
  const { t } = pageContext(services, context);
  const told = async (): Promise<Html> => {
    const input = explorerInput.parse(JSON.parse(text.value));
    const answer = await services.ports.rules.explain(parseExactJson(input.event));
    return answer.ok ? explanationView(t, explanationJson(answer.value)) : refusal(maskText(answer.message));
  };
  try {
    return await markup(context, await told(), 200);
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof z.ZodError || thrown instanceof RangeError) {
      return markup(context, refusal(maskText(thrown.message)), 200);
    }
    throw thrown;
  }
}

async function markup(context: Context<ServerEnv>, body: Html, status: 200 | 404): Promise<Response> {
  return context.html(await body, status);
}

function pageContext(services: Services, context: Context<ServerEnv>): PageContext {
  const { lang, ...query } = context.req.query();
  const chosen = lang === 'en' || lang === 'zh' ? lang : null;
  const language = languageOf(chosen, context.req.header('accept-language') ?? null);
  return {
    t: texts[language],
    language,
    chosenLanguage: chosen,
    services,
    query: Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '')),
    params: context.req.param(),
    canChange: services.access.changesPossible(),
    link(path, parameters = {}) {
      const search = new URLSearchParams(chosen === null ? {} : { lang: chosen });
      for (const [name, value] of Object.entries(parameters)) if (value !== null) search.set(name, value);
      return search.size === 0 ? path : `${path}?${search.toString()}`;
    },
  };
}
