import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { canaryMobile } from './fake-data.ts';
import { fakeProgram } from './fake-ports.ts';
import { adminToken, harness } from './harness.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly security: readonly object[];
            readonly responses: {
              readonly 200: { readonly content: Readonly<Record<string, { schema: object }>> };
            };
          }
        >
      >
    >
  >;
}

const event = { data: { order_id: 'A-1' }, meta: { topic: 'shop.orders' } };

/** One good request for every operation of the API. */
const examples: Readonly<Record<string, { readonly path?: string; readonly body?: unknown }>> = {
  'get /api/v1/status': {},
  'get /api/v1/notifications': { path: '/api/v1/notifications?status=delivered&limit=10' },
  'get /api/v1/notifications/{id}': { path: '/api/v1/notifications/ntf_aaaaaa' },
  'get /api/v1/notifications/{id}/deliveries': { path: '/api/v1/notifications/ntf_aaaaaa/deliveries' },
  'get /api/v1/quotas': {},
  'get /api/v1/holds': {},
  'get /api/v1/dead-letters': {},
  'get /api/v1/dead-letters/{id}': { path: '/api/v1/dead-letters/dl_a' },
  'get /api/v1/routes': {},
  'get /api/v1/configuration': {},
  'get /api/v1/audit': {},
  'post /api/v1/explain': { body: { event } },
  'post /api/v1/render': { body: { template: 'refund-approval', event } },
  'post /api/v1/replay': { body: { events: [event] } },
  'post /api/v1/reload': { body: {} },
  'post /api/v1/pause': { body: { subject: 'default', note: 'ask Wang' } },
  'post /api/v1/resume': { body: { subject: 'default' } },
  'post /api/v1/recall': { body: { notification_ids: ['ntf_aaaaaa', 'ntf_unknown'] } },
  'post /api/v1/redrive': {
    body: { dead_letter_ids: ['dl_a'], places: [{ partition: 1, offset: '9007199254740993' }] },
  },
  'post /api/v1/deliveries/{id}/resolve': {
    path: '/api/v1/deliveries/dlv_1/resolve',
    body: { settlement: 'sent' },
  },
};

async function documentOf(ask: ReturnType<typeof harness>['ask']): Promise<Document> {
  return (await (await ask('/api/v1/openapi.json')).json()) as Document;
}

/** A program with everything in it that can be shown, a canary number in every place that upstream fills. */
function fullProgram(): ReturnType<typeof fakeProgram> {
  const program = fakeProgram(8);
  program.holds = [
    { subject: 'default', reason: 'ip_ban', detail: `seen for ${canaryMobile}`, since: 1_000, until: 2_000 },
  ];
  program.lastReload = { ...program.nextReload };
  program.rates = [{ at: 1_000, seconds: 10, consumed: 5, notifications: 2, finals: { delivered: 1 } }];
  return program;
}

describe('API', () => {
  it('answers every operation of its own document in the shape that the document promises', async () => {
    const program = fullProgram();
    const { ask } = harness({ program });
    const { openapi, paths } = await documentOf(ask);
    expect(openapi).toBe('3.1.0');
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
    );
    const known = operations.filter(({ name }) => name !== 'get /api/v1/events');
    expect(known.map(({ name }) => name).toSorted()).toEqual(Object.keys(examples).toSorted());

    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true }, allErrors: true });
    for (const { name, operation } of known) {
      const example = examples[name] ?? {};
      const response = await ask(example.path ?? name.replace(/^\w+ /, ''), {
        token: adminToken,
        ...(example.body === undefined ? {} : { body: example.body }),
      });
      expect(response.status, name).toBe(200);
      const text = await response.text();
      const schema = operation.responses[200].content['application/json']?.schema ?? {};
      const validate = ajv.compile(schema);
      expect(validate(JSON.parse(text)), `${name}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      expect(text, name).not.toContain(canaryMobile);
      expect(text, name).not.toContain(adminToken);
    }
  });

  it('asks for the admin token wherever something changes, and its document says so', async () => {
    const { ask, program } = harness();
    const { paths } = await documentOf(ask);
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        if (security.length > 1) continue;
        const example = examples[`${method} ${path}`] ?? {};
        const response = await ask(example.path ?? path, { body: example.body });
        expect(response.status, path).toBe(401);
      }
    }
    expect(program.asked).toEqual([]);
    expect(program.audit).toEqual([]);
  });

  it('has every change in the audit log, whatever became of it', async () => {
    const { ask, program } = harness();
    for (const [name, example] of Object.entries(examples)) {
      if (/explain|render|replay|^get/.test(name)) continue;
      await ask(example.path ?? name.replace(/^\w+ /, ''), { token: adminToken, body: example.body });
    }
    expect(program.audit.map(({ action, outcome, targets }) => [action, outcome, ...targets])).toEqual([
      ['reload', 'done'],
      ['pause', 'done', 'default'],
      ['resume', 'done', 'default'],
      ['recall', 'refused', 'ntf_aaaaaa', 'ntf_unknown'],
      ['redrive', 'done', 'dl_a'],
      ['resolve', 'done', 'dlv_1'],
    ]);
    expect(program.audit[3]?.message).toBe('ntf_unknown: no such notification');
    const page = (await (await ask('/api/v1/audit?limit=1')).json()) as { items: unknown[] };
    expect(page.items).toMatchObject([{ action: 'resolve', actor: 'admin 127.0.0.1', note: 'sent' }]);
  });

  it('changes nothing when the intent cannot be recorded', async () => {
    const base = fakeProgram();
    const audit = { ...base.ports.audit, record: () => Promise.reject(new Error('disk full')) };
    const { ask, program } = harness({ program: { ...base, ports: { ...base.ports, audit } } });
    const response = await ask('/api/v1/pause', { token: adminToken, body: { subject: '*' } });
    expect(response.status).toBe(500);
    expect(program.asked).toEqual([]);
  });

  it('hands filters to the ledger as they were asked, and refuses what it does not know', async () => {
    const { ask, program } = harness();
    await ask(
      '/api/v1/notifications?search=A-1&status=failed&since=2026-03-02T08:00:00%2B08:00&reason=&limit=20',
    );
    expect(program.asked).toEqual([
      {
        what: 'notifications',
        args: [
          {
            search: 'A-1',
            status: 'failed',
            since: Date.UTC(2026, 2, 2),
            state: null,
            reason: null,
            route: null,
            app: null,
            until: null,
            cursor: null,
            limit: 20,
          },
        ],
      },
    ]);
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'status=gone', 'since=yesterday', 'colour=red']) {
      const response = await ask(`/api/v1/notifications?${query}`);
      expect(response.status, query).toBe(400);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    }
  });

  it('pages through a list by its cursor', async () => {
    const { ask } = harness({ program: fakeProgram(5) });
    const first = (await (await ask('/api/v1/notifications?limit=3')).json()) as {
      items: unknown[];
      next: string;
    };
    expect(first.items).toHaveLength(3);
    const second = (await (
      await ask(`/api/v1/notifications?limit=3&cursor=${first.next}`)
    ).json()) as typeof first;
    expect(second.items).toHaveLength(2);
    expect(second.next).toBeNull();
  });

  it('explains an event with its whole numbers exact', async () => {
    const { ask, program } = harness();
    await ask('/api/v1/explain', { body: '{"event":{"data":{"id":9007199254740993,"rate":1.5,"n":3}}}' });
    expect(program.asked).toEqual([
      { what: 'explain', args: [{ data: { id: 9007199254740993n, rate: 1.5, n: 3 } }] },
    ]);
  });

  it('says in words what is wrong with an event, a template or a body', async () => {
    const { ask } = harness();
    const wrong: readonly (readonly [string, unknown, number, string])[] = [
      ['/api/v1/render', { template: 'nope', event }, 422, 'there is no template'],
      ['/api/v1/explain', { event: [] }, 400, 'must be an object'],
      ['/api/v1/explain', { event, extra: 1 }, 400, 'extra'],
      ['/api/v1/explain', '{"event":', 400, 'json_syntax'],
      ['/api/v1/explain', '['.repeat(500_000), 400, 'json'],
      ['/api/v1/explain', `"${'x'.repeat(1_300_000)}"`, 413, 'body_too_large'],
      ['/api/v1/replay', { events: [] }, 400, 'events'],
      ['/api/v1/replay', { events: [[]] }, 400, 'must be an object'],
      ['/api/v1/replay', { events: Array.from({ length: 1001 }, () => event) }, 400, 'events'],
    ];
    for (const [path, body, status, text] of wrong) {
      const response = await ask(path, { body });
      expect(response.status, text).toBe(status);
      expect(await response.text()).toContain(text);
    }
  });

  it('takes no body that a form of a foreign page could send', async () => {
    const { ask, program } = harness();
    const response = await ask('/api/v1/pause', {
      token: adminToken,
      body: '{"subject":"*"}',
      headers: { 'content-type': 'text/plain' },
    });
    expect(response.status).toBe(415);
    expect(program.asked).toEqual([]);
  });

  it('gives 404 with a reason for what does not exist', async () => {
    const { ask } = harness();
    for (const path of ['/api/v1/notifications/ntf_nope', '/api/v1/dead-letters/nope', '/api/v1/nothing']) {
      const response = await ask(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ status: 404 });
    }
  });

  it('keeps the inside of a fault to the log', async () => {
    const base = fakeProgram();
    const views = { ...base.ports.views, holds: () => Promise.reject(new Error('SELECT secret FROM x')) };
    const { ask } = harness({ program: { ...base, ports: { ...base.ports, views } } });
    const response = await ask('/api/v1/holds');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('SELECT');
  });
});
