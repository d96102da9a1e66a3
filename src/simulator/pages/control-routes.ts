import { Hono, type Context } from 'hono';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import type { Control } from '../control.ts';
import { readFault } from '../faults.ts';
import { behaviourChange, limitsChange } from './changes.ts';
import type { World } from '../world.ts';

/** Ten years: a time beyond what a date can hold would break whatever shows it. */
const mostAdvanceMs = 3_650 * 86_400_000;
const advanceMs = z.number().min(-mostAdvanceMs).max(mostAdvanceMs);

const count = z.coerce.number().int().min(1);
const noCount = { error: 'limit is a whole number, 1 or more' };

/** The control API; everything in docs/simulator.md under "Control API". */
export function controlRoutes(world: World, control: Control): Hono {
  const routes = new Hono();
  routes.get('/faults', (c) => c.json(control.faults()));
  routes.post('/faults', async (c) => {
    const fault = readFault(await body(c));
    return typeof fault === 'string' ? c.json({ error: fault }, 400) : c.json(control.addFault(fault), 201);
  });
  routes.delete('/faults', (c) => {
    control.clearFaults();
    return c.json({ removed: 'all' });
  });
  routes.delete('/faults/:id', (c) => {
    const removed = control.removeFault(c.req.param('id'));
    return c.json({ removed }, removed === 0 ? 404 : 200);
  });

  routes.get('/clock', (c) => c.json({ now: control.now(), iso: new Date(control.now()).toISOString() }));
  routes.post('/clock', async (c) => {
    const parsed = z.object({ advanceMs }).safeParse(await body(c));
    if (!parsed.success)
      return c.json(
        { error: `advanceMs is a number of milliseconds, at most ${mostAdvanceMs} either way` },
        400,
      );
    control.advance(parsed.data.advanceMs);
    return c.json({ now: control.now(), iso: new Date(control.now()).toISOString() });
  });

  routes.get('/calls', (c) => {
    const limit = count.optional().safeParse(c.req.query('limit'));
    if (!limit.success) return c.json(noCount, 400);
    return c.json(control.calls(c.req.query('operation') ?? null, limit.data));
  });
  routes.get('/violations', (c) => c.json(control.violations({ advice: c.req.query('advice') === 'true' })));
  routes.delete('/violations', (c) => {
    control.clearViolations();
    return c.json({ cleared: true });
  });
  routes.get('/stats', (c) => c.json(control.stats()));
  routes.post('/reset', (c) => {
    control.reset();
    return c.json({ reset: true });
  });

  routes.get('/limits', (c) => c.json(control.limits()));
  routes.put('/limits', async (c) => {
    const parsed = limitsChange.safeParse(await body(c));
    if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400);
    control.setLimits(parsed.data);
    return c.json(control.limits());
  });
  routes.get('/behaviour', (c) => c.json(control.behaviour()));
  routes.put('/behaviour', async (c) => {
    const parsed = behaviourChange.safeParse(await body(c));
    if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400);
    control.setBehaviour(parsed.data as Parameters<Control['setBehaviour']>[0]);
    return c.json(control.behaviour());
  });
  routes.post('/tokens/expire', (c) => {
    control.expireTokens();
    return c.json({ expired: true });
  });

  addInboxRoutes(routes, world, control);
  addDirectoryRoutes(routes, control);
  return routes;
}

function addInboxRoutes(routes: Hono, world: World, control: Control): void {
  routes.get('/inbox.jsonl', (c) => {
    c.header('Content-Type', 'application/x-ndjson');
    return stream(c, async (out) => {
      let lines = '';
      for (const entry of control.inboxes()) {
        lines += JSON.stringify(entry) + '\n';
        if (lines.length < 65_536) continue;
        await out.write(lines);
        lines = '';
        if (out.aborted) return;
      }
      await out.write(lines);
    });
  });
  routes.get('/inbox', (c) => {
    const limit = count.default(1_000).safeParse(c.req.query('limit'));
    if (!limit.success) return c.json(noCount, 400);
    return c.json([...control.inboxes()].slice(-limit.data));
  });
  routes.get('/inbox/:userid', (c) => c.json(control.inbox(c.req.param('userid'))));
  routes.post('/inbox/:userid/read', async (c) => {
    const parsed = z.object({ taskId: z.string() }).safeParse(await body(c));
    if (!parsed.success) return c.json({ error: 'taskId is a text' }, 400);
    const done = control.markRead(c.req.param('userid'), parsed.data.taskId);
    return c.json({ read: done }, done ? 200 : 404);
  });
  routes.get('/tasks', (c) => {
    const limit = count.default(1_000).safeParse(c.req.query('limit'));
    if (!limit.success) return c.json(noCount, 400);
    return c.json(
      control
        .tasks()
        .slice(-limit.data)
        .map((task) => ({ ...task, reads: undefined })),
    );
  });
  routes.get('/tasks/:id', (c) => {
    const task = control.task(c.req.param('id'));
    return task === null ? c.json({ error: 'no such task' }, 404) : c.json({ ...task, reads: undefined });
  });
  routes.get('/media', (c) => c.json(control.media()));
  routes.get('/media/:id', (c) => {
    const medium = world.media.get(c.req.param('id'));
    if (medium?.content == null) return c.json({ error: 'no content' }, 404);
    c.header('Content-Type', imageType(medium.content));
    c.header('X-Content-Type-Options', 'nosniff');
    return c.body(new Uint8Array(medium.content));
  });
}

const userInput = z.strictObject({
  userid: z.string().min(1),
  name: z.string().min(1),
  mobile: z.string().default(''),
  departments: z.array(z.int()).default([1]),
  active: z.boolean().default(true),
  title: z.string().default(''),
});

function addDirectoryRoutes(routes: Hono, control: Control): void {
  routes.get('/users', (c) => {
    const offset = Number(c.req.query('offset') ?? 0);
    return c.json(control.users(offset, Number(c.req.query('limit') ?? 1_000)));
  });
  routes.put('/users', async (c) => {
    const parsed = userInput.safeParse(await body(c));
    if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400);
    control.putUser(parsed.data);
    return c.json(parsed.data);
  });
  routes.post('/users/:userid/leave', (c) => active(c, control, false));
  routes.post('/users/:userid/return', (c) => active(c, control, true));
  routes.get('/departments', (c) => c.json(control.departments()));
  routes.put('/departments', async (c) => {
    const input = z.strictObject({ id: z.int(), name: z.string(), parent: z.int().nullable().default(1) });
    const parsed = input.safeParse(await body(c));
    if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400);
    control.putDepartment(parsed.data);
    return c.json(parsed.data);
  });
}

function active(c: Context, control: Control, value: boolean): Response {
  const known = control.setActive(c.req.param('userid') ?? '', value);
  return c.json({ active: known ? value : null }, known ? 200 : 404);
}

/** The body as JSON; null when it is none, which every route refuses in its own words. */
async function body(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    return null;
  }
}

/** By the first bytes, not by what the uploader said. */
function imageType(content: Buffer): string {
  const start = content.toString('latin1', 0, 4);
  if (start.startsWith('\x89PNG')) return 'image/png';
  if (start.startsWith('\xff\xd8')) return 'image/jpeg';
  if (start.startsWith('GIF8')) return 'image/gif';
  return start.startsWith('BM') ? 'image/bmp' : 'application/octet-stream';
}
