/**
 * The HTTP API of the built program, as its own OpenAPI document describes it: whatever is asked, in whatever way,
 * it answers with a documented status and shape and never fails; nothing changes without the admin token; and every
 * change is in the audit log. On both kinds of ledger, because cursors and filters end up in their queries.
 * DINGBUS_TEST_SCALE multiplies the requests.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startPostgres, type Database } from '../../dev/stack/postgres.ts';
import type { DingbusProcess } from './harness/dingbus-process.ts';
import { nonsense, valid, type Schema } from './harness/from-schema.ts';
import { build, finalsByNotification, World } from './harness/world.ts';

const scale = Number(process.env['DINGBUS_TEST_SCALE'] ?? 1);
const adminToken = 'admin-token-of-the-test';
const readToken = 'read-token-of-the-test';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly in: string; readonly name: string; readonly schema: Schema }[];
  readonly body: Schema | null;
  readonly answers: Readonly<Record<string, { content?: Record<string, { schema: object }>; $ref?: string }>>;
  readonly changes: boolean;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: {
    readonly responses: { readonly problem: { readonly content: Record<string, { schema: object }> } };
  };
}

interface DocumentedOperation {
  readonly parameters?: Operation['parameters'];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> };
  readonly responses: Operation['answers'];
  readonly security: readonly Readonly<Record<string, unknown>>[];
}

beforeAll(() => {
  build();
}, 120_000);

describe.each(['sqlite', 'postgres'] as const)('the API over a ledger on %s', (kind) => {
  let database: Database | undefined;
  let world: World | undefined;
  let dingbus: DingbusProcess | undefined;
  let document: Document | undefined;
  let operations: readonly Operation[] = [];
  let words: readonly string[] = [];

  beforeAll(async () => {
    if (kind === 'postgres') database = await startPostgres();
    world = await World.create({
      brokers: inject('brokers'),
      registryUrl: inject('registryUrl'),
      topics: [{ name: 'events', partitions: 1 }],
      files: {
        'routes/test.yaml': `routes:
  - name: told
    on: "{topic:events}"
    to: { userids: ["load{{ data.n }}"] }
    message: { text: { content: "{{ data.n }}: {{ data.text }}" } }
`,
        'templates/greeting.yaml': 'text: { content: "hello {{ data.n }}" }\n',
      },
      dingbus: `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  apps:
    default: { app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886 }
topics:
  "{topic:events}": {}
`,
      sections: { server: `admin_token: ${adminToken}, read_token: ${readToken}` },
      simulator: { generate: 100, behaviour: { startsAfterMs: 0, finishesAfterMs: 200 } },
      ...(database === undefined ? {} : { store: database.url }),
    });
    dingbus = await world.process();
    dingbus.start();
    await dingbus.ready();
    const topic = world.topic('events');
    // The last one lacks what the template wants.
    const events = [{ n: 1, text: 'a' }, { n: 2, text: 'b' }, { n: 3 }];
    await world.sink.publish(
      events.map((each) => ({ topic, key: null, value: Buffer.from(JSON.stringify(each)), headers: [] })),
    );
    const results = await world.untilResults((all) => finalsByNotification(all).size >= 3, 60_000);
    document = (await ask('GET', '/api/v1/openapi.json')).body as Document;
    operations = operationsOf(document);
    const letters = (await ask('GET', '/api/v1/dead-letters')).body as { items: { id: string }[] };
    const ids = results.map((each) => each.notification_id);
    words = [
      ...new Set(ids),
      ...letters.items.map(({ id }) => id),
      topic,
      'default',
      'told',
      'route:told',
      'greeting',
      '*',
    ];
  }, 240_000);

  afterAll(async () => {
    const end = await dingbus?.stop();
    await world?.close();
    await database?.stop();
    expect(end).toEqual({ code: 0, signal: null });
  });

  async function ask(
    method: string,
    path: string,
    body?: string,
    token: string | null = adminToken,
  ): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${dingbus?.settings.port}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
    return { status: response.status, type, body: type.endsWith('json') ? JSON.parse(text) : text };
  }

  /** What people have changed, as the audit log knows it. */
  async function audited(): Promise<
    readonly { id: string; action: string; outcome: string; actor: string }[]
  > {
    return ((await ask('GET', '/api/v1/audit?limit=200')).body as { items: [] }).items;
  }

  it('answers with a documented status and shape, whatever it is asked', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const schemaOf = (operation: Operation, answer: Answer): object | undefined => {
      const told = operation.answers[answer.status];
      const content =
        told?.$ref === undefined ? told?.content : document?.components.responses.problem.content;
      return content?.[answer.type]?.schema;
    };
    const validators = new Map<object, ReturnType<typeof ajv.compile>>();
    const statuses = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...operations).chain((operation) => request(operation, words)),
        async (asked) => {
          const answer = await ask(asked.operation.method, asked.address, asked.body);
          const where = `${asked.operation.method} ${asked.address} ${asked.body ?? ''} → ${answer.status} ${JSON.stringify(answer.body)}`;
          const schema = schemaOf(asked.operation, answer);
          expect(schema, where).toBeDefined();
          if (schema === undefined) return;
          const check = validators.get(schema) ?? ajv.compile(schema);
          validators.set(schema, check);
          expect(check(answer.body), `${where}: ${ajv.errorsText(check.errors)}`).toBe(true);
          statuses.set(String(answer.status), (statuses.get(String(answer.status)) ?? 0) + 1);
        },
      ),
      { numRuns: 400 * scale },
    );
    // Requests that are all refused try nothing.
    expect(statuses.get('200')).toBeGreaterThan(50 * scale);
    expect(statuses.get('400')).toBeGreaterThan(20 * scale);
    expect((await ask('GET', '/-/healthy')).status).toBe(200);
    await ask('POST', '/api/v1/resume', JSON.stringify({ subject: '*' }));
  }, 600_000);

  it('draws a page for every address and filter, whatever is in them', async () => {
    const pages = [
      '/',
      '/notifications',
      '/notifications/ID',
      '/explorer',
      '/dead-letters',
      '/dead-letters/ID',
    ];
    const word = fc.oneof(
      fc.constantFrom(...words),
      nonsense.map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
    );
    const names = fc.constantFrom(
      'search',
      'state',
      'status',
      'route',
      'reason',
      'stage',
      'cursor',
      'recorded',
      'lang',
    );
    const address = fc.record({
      page: fc.constantFrom(...pages, '/configuration', '/audit'),
      id: word,
      query: fc.dictionary(names, word, { maxKeys: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(address, async ({ page, id, query }) => {
        const search = new URLSearchParams(query).toString();
        const path = `${page.replace('ID', encodeURIComponent(id.toWellFormed()) || 'x')}?${search}`;
        const { port } = dingbus?.settings ?? { port: 0 };
        const headers = { authorization: `Bearer ${adminToken}`, 'x-dingbus-fragment': 'main' };
        const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
        expect([200, 404], path).toContain(response.status);
        await response.text();
      }),
      { numRuns: 150 * scale },
    );
  }, 600_000);

  it('says 405 and what is possible to a method that an address does not take', async () => {
    for (const { path, method } of operations) {
      const wrong = method === 'GET' ? 'DELETE' : 'PUT';
      const address = path.replaceAll(/\{\w+\}/g, 'x');
      expect((await ask(wrong, address)).status, `${wrong} ${path}`).toBe(405);
    }
  });

  it('changes nothing without the admin token', async () => {
    const changing = [...operations.filter(({ changes }) => changes), reload];
    expect(changing.length).toBeGreaterThan(5);
    const before = [await audited(), (await ask('GET', '/api/v1/holds')).body];
    for (const operation of changing) {
      for (const { address, body } of fc.sample(request(operation, words, false), 3)) {
        expect((await ask(operation.method, address, body, null)).status, operation.path).toBe(401);
        expect((await ask(operation.method, address, body, readToken)).status, operation.path).toBe(403);
      }
    }
    // Wrong ones are answered ever slower, so one of them has to do.
    expect((await ask('POST', '/api/v1/pause', '{"subject":"*"}', 'wrong')).status).toBe(401);
    expect([await audited(), (await ask('GET', '/api/v1/holds')).body]).toEqual(before);
  });

  it('has every change in the audit log, with who asked for it and what came of it', async () => {
    for (const operation of [...operations.filter(({ changes }) => changes), reload]) {
      const before = new Set((await audited()).map(({ id }) => id));
      const [asked] = fc.sample(request(operation, words, false), 1);
      const answer = await ask(operation.method, asked?.address ?? '', asked?.body);
      expect(answer.status, operation.path).toBe(200);
      const fresh = (await audited()).filter(({ id }) => !before.has(id));
      const action = /(\w+)$/.exec(operation.path)?.[1];
      expect(fresh, operation.path).toMatchObject([
        { action, actor: expect.stringContaining('admin') as string },
      ]);
      expect(['done', 'refused']).toContain(fresh[0]?.outcome);
    }
  });
});

/** Stands beside the API and is not in its document. */
const reload: Operation = {
  method: 'POST',
  path: '/-/reload',
  parameters: [],
  body: null,
  answers: {},
  changes: true,
};

function operationsOf(document: Document): readonly Operation[] {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody, responses, security }]) => ({
      method: method.toUpperCase(),
      path,
      parameters: parameters ?? [],
      body: requestBody?.content['application/json']?.schema ?? null,
      answers: responses,
      changes: security.every((each) => Object.keys(each).length > 0),
    })),
  );
  // A stream that does not end has a test of its own.
  return all.filter(({ path }) => !path.endsWith('/events'));
}

interface Asked {
  readonly operation: Operation;
  readonly address: string;
  readonly body: string | undefined;
}

function request(operation: Operation, words: readonly string[], wild = true): fc.Arbitrary<Asked> {
  const value = (schema: Schema): fc.Arbitrary<unknown> => {
    const good = valid(schema, words);
    return wild ? fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: nonsense }) : good;
  };
  const named = (where: string, requiredKeys: string[] | undefined) =>
    fc.record(
      Object.fromEntries(
        operation.parameters
          .filter((each) => each.in === where)
          .map(({ name, schema }) => [name, value(schema)]),
      ),
      requiredKeys === undefined ? {} : { requiredKeys },
    );
  const text = (each: unknown): string =>
    typeof each === 'string' ? each.toWellFormed() : JSON.stringify(each);
  const body =
    operation.body === null
      ? fc.constant(undefined)
      : fc.oneof(
          { weight: 9, arbitrary: value(operation.body).map((each) => JSON.stringify(each)) },
          ...(wild
            ? [{ weight: 1, arbitrary: fc.oneof(fc.string(), fc.constant('[['.repeat(20_000))) }]
            : []),
        );
  return fc.record({ path: named('path', undefined), query: named('query', []), body }).map((made) => {
    // An empty segment would be another address.
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const segment = encodeURIComponent(text(made.path[name]));
      return segment === '' || /^\.+$/.test(segment) ? 'x' : segment;
    });
    const query = new URLSearchParams();
    for (const [name, each] of Object.entries(made.query)) query.set(name, text(each));
    const search = query.size === 0 ? '' : `?${query.toString()}`;
    return { operation, address: path + search, body: made.body };
  });
}
