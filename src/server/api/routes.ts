import type { Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { type z } from 'zod';
import type { Role } from '../access.ts';
import type { Services } from '../services.ts';
import { jsonText } from '../body.ts';
import { callerOf, type ServerEnv } from '../caller.ts';
import { maskText } from '../masking.ts';
import { problemResponse, refuse, reply, type Reply } from '../problem.ts';
import { changeEndpoints } from './change-endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { parseExactJson } from './exact-json.ts';
import { openApiDocument } from './openapi.ts';
import { readEndpoints } from './read-endpoints.ts';
import { ruleEndpoints } from './rule-endpoints.ts';

const base = '/api/v1';

/** Puts every endpoint on the app: access first, then the input's shape, then the work. */
export function apiRoutes(app: Hono<ServerEnv>, services: Services): void {
  const endpoints = [...readEndpoints(services), ...ruleEndpoints(services), ...changeEndpoints(services)];
  for (const endpoint of endpoints) {
    const path = base + endpoint.path.replace(/\{(\w+)\}/g, ':$1');
    app.on(endpoint.method, path, async (context) => {
      const denied = await requireRole(services, context, endpoint.role);
      if (!denied.ok) return problemResponse(denied.problem);
      const input = await inputOf(endpoint, context);
      if (!input.ok) return problemResponse(input.problem);
      const answer = await endpoint.handle(input.value, { actor: denied.value });
      return answer.ok ? Response.json(answer.value) : problemResponse(answer.problem);
    });
  }

  // What is at an address and cannot be asked for in this way is no missing address.
  const methods = Map.groupBy(endpoints, ({ path }) => path);
  for (const [path, known] of methods) {
    const allowed = known.map(({ method }) => method.toUpperCase()).join(', ');
    app.all(base + path.replace(/\{(\w+)\}/g, ':$1'), () => {
      const detail = `This address takes ${allowed}.`;
      return problemResponse({ status: 405, code: 'method_not_allowed', detail }, { allow: allowed });
    });
  }

  let document: ReturnType<typeof openApiDocument> | null = null;
  // The document describes the program, not the installation, so it needs no token.
  app.get(`${base}/openapi.json`, (context) => context.json((document ??= openApiDocument(endpoints))));
  app.get(`${base}/events`, async (context) => {
    const denied = await requireRole(services, context, 'read');
    return denied.ok ? events(services, context) : problemResponse(denied.problem);
  });
}

/** Gives the actor, or why the caller may not. */
export async function requireRole(
  services: Services,
  context: Context<ServerEnv>,
  role: Role,
): Promise<Reply<string>> {
  const verdict = await services.access.check(callerOf(context), role);
  if (verdict.granted) return { ok: true, value: verdict.actor };
  return {
    ok: false,
    problem: { status: verdict.status, code: verdict.code, detail: verdict.message },
  };
}

async function inputOf(
  endpoint: Endpoint,
  context: Context<ServerEnv>,
): Promise<Reply<{ params: unknown; query: unknown; body: unknown }>> {
  const body = endpoint.body === null ? undefined : await bodyOf(context);
  if (body !== undefined && !body.ok) return body;
  const parts = {
    params: [endpoint.params, context.req.param()],
    query: [endpoint.query, queryOf(context)],
    body: [endpoint.body, body?.value],
  } as const;
  const errors: { at: string; message: string }[] = [];
  const parse = (name: keyof typeof parts): unknown => {
    const [schema, value] = parts[name];
    if (schema === null) return null;
    const parsed = schema.safeParse(value);
    if (!parsed.success) errors.push(...parsed.error.issues.map((issue) => shown(name, issue)));
    return parsed.data;
  };
  const value = { params: parse('params'), query: parse('query'), body: parse('body') };
  if (errors.length === 0) return { ok: true, value };
  const detail = errors.map(({ at, message }) => `${at}: ${message}`).join('; ');
  return { ok: false, problem: { status: 400, code: 'input_invalid', detail, errors } };
}

/** An empty parameter is what a form sends for a field that was not filled in: as good as absent. */
function queryOf(context: Context<ServerEnv>): Record<string, string> {
  return Object.fromEntries(Object.entries(context.req.query()).filter(([, value]) => value !== ''));
}

async function bodyOf(context: Context<ServerEnv>): Promise<Reply<unknown>> {
  const text = await jsonText(context);
  if (!text.ok) return text;
  try {
    return reply(parseExactJson(text.value));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return refuse(400, 'json_syntax', maskText(thrown.message));
    // The parser works by recursion and meets the end of the stack in a body that is nothing but brackets.
    if (thrown instanceof RangeError) return refuse(400, 'json_too_deep', 'The JSON is nested too deeply.');
    throw thrown;
  }
}

function shown(part: string, issue: z.core.$ZodIssue): { at: string; message: string } {
  return { at: maskText([part, ...issue.path].join('.')), message: maskText(issue.message) };
}

function events(services: Services, context: Context<ServerEnv>): Response {
  // Hono answers HEAD with this as well and drops the body: a stream that nobody reads and nothing ends.
  if (context.req.raw.method === 'HEAD')
    return context.body(null, 200, { 'content-type': 'text/event-stream' });
  return streamSSE(context, async (stream) => {
    await new Promise<void>((resolve) => {
      const unsubscribe = services.live.subscribe({
        tell: (status) => stream.writeSSE({ event: 'status', data: JSON.stringify(status) }),
        end: resolve,
      });
      if (unsubscribe === null) {
        resolve();
        return;
      }
      stream.onAbort(() => {
        unsubscribe();
        resolve();
      });
    });
  });
}
