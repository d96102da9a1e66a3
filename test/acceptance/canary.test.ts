/**
 * Secrets and mobile numbers stay where they belong. Every secret of this installation and every mobile number is a
 * word that occurs nowhere else. The built program then goes through success, refusals, unknown outcomes, wrong
 * secrets, look-ups, dead letters, recalls, outages and faulty configurations, with its log at the lowest level, and
 * whatever it has said is searched: log, metrics, pages, API answers, commands, results, and what it writes into the
 * headers of dead letters (the original record stays as it was).
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startPostgres, type Database } from '../../dev/stack/postgres.ts';
import type { DirectoryData } from '../../src/simulator/directory-data.ts';
import { defaultDirectory } from '../../src/simulator/default-directory.ts';
import {
  certificate,
  startSecureBroker,
  user,
  type SecureBroker,
} from '../integration/kafka-secure-broker.ts';
import { Canaries } from './harness/canaries.ts';
import type { DingbusProcess } from './harness/dingbus-process.ts';
import { build, World, type WireResult } from './harness/world.ts';

/** Of people in the directory, of somebody who is in no directory, and one that DingTalk itself repeats in a message. */
const mobiles = { known: '18812349876', other: '18700019988', nobody: '19900005577', echoed: '17766554433' };
const secrets = {
  appSecret: 'canary-app-secret-f00d',
  wrongSecret: 'canary-wrong-secret-beef',
  adminToken: 'canary-admin-token-cafe',
  database: 'canary-postgres-password-babe',
  registry: 'canary-registry-password-d1ce',
  /** Not secret to the broker of the test, but as good as any other word. */
  kafka: user.password,
};

const directory: DirectoryData = {
  ...defaultDirectory,
  users: [
    ['known', mobiles.known],
    ['other', mobiles.other],
  ].map(([userid = '', mobile = '']) => ({
    userid,
    name: userid,
    mobile,
    departments: [1],
    active: true,
    title: '',
  })),
  apps: defaultDirectory.apps.map((app) =>
    app.name === 'default' ? { ...app, appSecret: secrets.appSecret } : app,
  ),
};

const routes = `defaults: { on: "{topic:events}" }
routes:
  - name: told
    when: data.kind == "told"
    to: { mobiles: ["{{ data.mobile }}"], userids: { from: data.userids } }
    message: { markdown: { title: "call {{ data.mobile }}", text: "**{{ data.n }}**: call {{ data.mobile }}" } }
    correlation: data.mobile
  - name: wrong-app
    when: data.kind == "wrong-app"
    to: { userids: [known] }
    message: { text: { content: "{{ data.mobile }} from nowhere" } }
    app: wrong
  - name: bad-template
    when: data.kind == "bad-template"
    to: { mobiles: ["{{ data.mobile }}"] }
    message: { text: { content: "{{ data.mobile | date: data.mobile }} {{ data.missing }}" } }
  - name: bad-expression
    when: data.kind == "bad-expression" && int(data.mobile + "x") > 0
    to: { mobiles: ["{{ data.mobile }}"] }
    message: { text: { content: "never" } }
  - name: bad-number
    when: data.kind == "bad-number"
    to: { mobiles: ["{{ data.mobile }} {{ data.mobile }}"], userids: ["no such {{ data.mobile }}"] }
    message: { text: { content: "never" } }
`;
const dingbusYaml = `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  timeout: 1s
  ban_hold: 2s
  apps:
    default: { app_key: dingsimulatorkey, app_secret: "\${CANARY_APP_SECRET}", agent_id: 836390886 }
    wrong: { app_key: dingsimulatorops, app_secret: "\${CANARY_WRONG_SECRET}", agent_id: 836390887 }
log: { level: debug }
topics:
  "{topic:events}": {}
`;

let broker: SecureBroker | null = null;
let database: Database | undefined;
let world: World | undefined;
let dingbus: DingbusProcess | undefined;
const canaries = new Canaries();
/** Everything that dingbus has said, by where it was said. */
const said = new Map<string, string>();

beforeAll(async () => {
  build();
  for (const [name, value] of Object.entries({ ...secrets, ...mobiles })) canaries.add(name, value);
  const [secure, postgres] = await Promise.all([startSecureBroker(), startPostgres()]);
  broker = secure;
  database = postgres;
  const store = new URL(postgres.url);
  store.password = secrets.database;
  world = await World.create({
    brokers: secure?.plain ?? inject('brokers'),
    registryUrl: inject('registryUrl'),
    topics: [{ name: 'events', partitions: 1 }],
    files: { 'routes/test.yaml': routes, 'ca.pem': certificate('ca.pem') },
    dingbus: dingbusYaml,
    sections: {
      // Without Java there is no broker that asks for a password, and the rest is tested all the same.
      ...(secure === null
        ? {}
        : {
            kafka: `ssl: { ca: { file: ca.pem } }, sasl: { mechanism: scram-sha-512, username: ${user.username}, password: "\${CANARY_KAFKA}" }`,
          }),
      schema_registry: 'username: dingbus, password: "${CANARY_REGISTRY}"',
      server: 'admin_token: "${CANARY_ADMIN_TOKEN}"',
    },
    simulator: {
      directory,
      limits: { callsPerMonth: null },
      behaviour: { startsAfterMs: 0, finishesAfterMs: 200 },
    },
    store: store.href,
    env: {
      ...(secure === null ? {} : { KAFKA_BROKERS: secure.sasl }),
      CANARY_APP_SECRET: secrets.appSecret,
      CANARY_WRONG_SECRET: secrets.wrongSecret,
      CANARY_KAFKA: secrets.kafka,
      CANARY_REGISTRY: secrets.registry,
      CANARY_ADMIN_TOKEN: secrets.adminToken,
      DINGBUS_ADMIN_TOKEN: secrets.adminToken,
    },
  });
  dingbus = await world.process();
  dingbus.start();
  await dingbus.ready();
}, 240_000);

afterAll(async () => {
  await dingbus?.kill();
  await world?.close();
  await database?.stop();
  await broker?.stop();
});

function here(): { world: World; dingbus: DingbusProcess } {
  if (world === undefined || dingbus === undefined) throw new Error('the set-up failed');
  return { world, dingbus };
}

async function publish(value: unknown): Promise<void> {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const topic = here().world.topic('events');
  await here().world.sink.publish([{ topic, key: Buffer.from('key'), value: bytes, headers: [] }]);
}

/** Runs a command and keeps all it says. */
function command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const main = join(import.meta.dirname, '../../dist/main.js');
  const { settings } = here().dingbus;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, '--config', settings.configDir, ...args],
      {
        cwd: settings.dataDir,
        env: { PATH: process.env['PATH'] ?? '', ...settings.env, ...env },
        timeout: 15_000,
      },
      (_error, out, err) => {
        said.set(`dingbus ${args.join(' ')} ${JSON.stringify(env)}`.replaceAll('canary', '…'), out + err);
        resolve(out);
      },
    );
  });
}

async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
  const { port } = here().dingbus.settings;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const text = await response.text();
  said.set(`${init.method ?? 'GET'} ${path}`, text);
  // An app with a wrong secret is a reason not to be ready; nothing else may fail.
  if (path !== '/-/ready') expect(response.status, path).toBeLessThan(500);
  return /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
}

function change(path: string, body: unknown, token = secrets.adminToken): Promise<unknown> {
  return ask(path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** The token is made by DingTalk; whoever asks again while it lives is given the same one. */
async function rememberToken(): Promise<void> {
  const query = new URLSearchParams({ appkey: 'dingsimulatorkey', appsecret: secrets.appSecret });
  const answer = await fetch(`${here().world.simulator.url}/gettoken?${query.toString()}`);
  const { access_token: token } = (await answer.json()) as { access_token: string };
  canaries.add('access token', token);
}

const finalOf =
  (route: string, count = 1) =>
  (all: readonly WireResult[]): boolean =>
    new Set(all.filter((each) => each.final && each.route === route).map((each) => each.notification_id))
      .size >= count;

it('goes through all that can happen to a notification', async () => {
  const { world, dingbus } = here();
  const { control } = world.simulator;
  const told = { kind: 'told', mobile: mobiles.known, userids: ['nobody-of-this-name'] };
  await publish({ ...told, n: 1 });
  await world.untilResults(finalOf('told', 1), 30_000);
  await rememberToken();

  control.addFault({ name: 'token-expired', count: 1 });
  await publish({ ...told, n: 2, mobile: mobiles.nobody });
  await world.untilResults(finalOf('told', 2), 30_000);
  await rememberToken();
  control.addFault({ name: 'answer-lost', operation: 'send', count: 1 });
  await publish({ ...told, n: 3, mobile: mobiles.other });
  await world.untilResults(finalOf('told', 3), 30_000);
  // DingTalk's own words go into results, logs and pages, and nobody knows what is in them.
  for (const [operation, code] of [
    ['send', '40035'],
    ['lookup', '40035'],
  ] as const) {
    const message = `bad value ${mobiles.echoed} for ${secrets.appSecret}`;
    control.addFault({ name: 'answer-code', operation, code, count: 1, message });
    await publish({ ...told, n: operation, mobile: operation === 'lookup' ? mobiles.echoed : mobiles.known });
    await expect.poll(() => control.faults().length, { timeout: 10_000 }).toBe(0);
  }
  await world.untilResults(finalOf('told', 5), 30_000);

  await publish(`{"kind":"told","mobile":${mobiles.known},`);
  await publish(`${mobiles.known}x`);
  for (const kind of ['bad-template', 'bad-expression', 'bad-number', 'wrong-app'])
    await publish({ kind, mobile: mobiles.known });
  await world.untilResults(
    (all) => ['bad-template', 'bad-expression', 'bad-number'].every((route) => finalOf(route)(all)),
    30_000,
  );
  await world.untilResults((all) => all.some((each) => each.route === 'wrong-app'), 30_000);

  await publish({ ...told, n: 9 });
  await world.simulatorOutage(1_500);
  await world.untilResults(finalOf('told', 6), 30_000);
  await rememberToken();
  expect(dingbus.isRunning()).toBe(true);
});

it('shows itself on every page, to every question, and in every command', async () => {
  const { world } = here();
  const results = await world.results();
  const first = results.find((each) => each.route === 'told' && each.final);
  const id = first?.notification_id ?? '';
  const event = {
    data: { kind: 'told', n: 7, mobile: mobiles.known, userids: [] },
    meta: { topic: world.topic('events') },
  };
  await expect
    .poll(async () => ((await ask('/api/v1/dead-letters')) as { items: unknown[] }).items.length, {
      timeout: 20_000,
    })
    .toBeGreaterThanOrEqual(5);
  const { items: letters } = (await ask('/api/v1/dead-letters')) as { items: { id: string }[] };

  const document = (await ask('/api/v1/openapi.json')) as { paths: Record<string, Record<string, unknown>> };
  const reads = Object.entries(document.paths).filter(
    ([path, { get }]) => get !== undefined && !path.endsWith('/events'),
  );
  expect(reads.length).toBeGreaterThan(9);
  const addressed = (path: string, ids: readonly string[]) =>
    /\{|:id/.test(path) ? ids.map((each) => path.replace(/\{id\}|:id/, each)) : [path];
  const idsFor = (path: string): string[] =>
    path.includes('dead-letters')
      ? letters.map((each) => each.id)
      : results.map((each) => each.notification_id);
  for (const [path] of reads) for (const each of addressed(path, idsFor(path))) await ask(each);
  for (const path of [
    '/',
    '/notifications',
    '/notifications/:id',
    '/dead-letters',
    '/dead-letters/:id',
    '/configuration',
    '/audit',
    '/explorer',
    `/explorer?recorded=${id}`,
  ])
    for (const each of addressed(path, idsFor(path))) await ask(each);
  for (const path of ['/metrics', '/-/healthy', '/-/ready', `/api/v1/${mobiles.known}`]) await ask(path);
  await change('/api/v1/explain', { event });
  await change('/api/v1/explain', { event: { data: mobiles.known, meta: mobiles.known } });
  await change('/explorer', { event: JSON.stringify(event) });
  await change('/api/v1/recall', { notification_ids: [id], note: `asked for by ${mobiles.known}` });
  await change('/api/v1/redrive', { dead_letter_ids: letters.map((each) => each.id), note: null });
  await change('/api/v1/pause', { subject: mobiles.known, note: secrets.database }, 'wrong');
  await change('/api/v1/pause', { subject: `route:${mobiles.known}`, note: mobiles.known });
  await change('/-/reload', {});
  await ask('/audit');

  const file = join(here().dingbus.settings.configDir, 'event.json');
  writeFileSync(file, JSON.stringify(event));
  const plain = [
    ['status'],
    ['deliveries', 'list'],
    ['deliveries', 'show', id],
    ['dlq', 'list'],
    ['dlq', 'show', letters[0]?.id ?? ''],
    ['dlq', 'export'],
    ['explain', '--event', file],
    ['user', mobiles.known],
    ['user', mobiles.nobody],
    ['send', '--app', 'wrong', '--to-mobiles', mobiles.known, '--text', 'hello'],
    ['recall', mobiles.known],
    ['lint'],
  ];
  for (const args of plain) await Promise.all([command(args), command(['--json', ...args])]);
}, 120_000);

it('fails without giving anything away', async () => {
  const dead = `postgres://someone:${secrets.database}@127.0.0.1:1/none`;
  const wrong = `postgress://x:${secrets.database}@127.0.0.1:1/none`;
  const failing: readonly (readonly [readonly string[], Readonly<Record<string, string>>])[] = [
    [['run'], { DINGBUS_STORE: dead }],
    [['run'], { DINGBUS_STORE: wrong }],
    [['status'], { DINGBUS_STORE: dead }],
    // Secrets in places where they do not belong.
    [['lint'], { DINGBUS_PORT: secrets.adminToken, KAFKA_BROKERS: `x:${secrets.kafka}@y:1` }],
    [['lint'], { DINGTALK_BASE_URL: `https://x:${secrets.appSecret}@/` }],
    [['user', mobiles.known], { CANARY_APP_SECRET: secrets.wrongSecret }],
    [['status'], { DINGBUS_ADMIN_TOKEN: secrets.wrongSecret }],
    [['dlq', 'list'], { CANARY_KAFKA: secrets.database }],
  ];
  const before = said.size;
  await Promise.all(failing.map(([args, env]) => command(args, env)));
  expect(said.size).toBe(before + failing.length);
});

it('has not said a secret or a mobile number anywhere', async () => {
  const { world, dingbus } = here();
  expect(await dingbus.stop()).toEqual({ code: 0, signal: null });
  said.set('log', readFileSync(dingbus.logPath, 'utf8'));
  const results = await world.results();
  said.set(
    'results',
    JSON.stringify(results, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  );
  const records = await world.read(world.resultsTopic);
  said.set(
    'bytes of results',
    records
      .map((each) => [each.key, each.value, ...each.headers.map(({ value }) => value)].join('\n'))
      .join('\n'),
  );
  const letters = await world.read(world.deadLetterTopic);
  expect(letters.length).toBeGreaterThan(4);
  said.set(
    'headers of dead letters',
    letters
      .flatMap(({ headers }) => headers.filter(({ key }) => /^(__connect\.errors|dingbus)\./.test(key)))
      .map(({ key, value }) => `${key}: ${String(value)}`)
      .join('\n'),
  );

  expect(canaries.foundIn(said)).toEqual([]);
  // Silence proves nothing: each place has said something, and shows the number in its masked form.
  expect(said.get('log')?.split('\n').length).toBeGreaterThan(50);
  expect(results.flatMap((each) => each.recipients)).toContainEqual(
    expect.objectContaining({ userid: 'known', mobile: '188******76' }),
  );
  const masked = [...said].filter(([, text]) => text.includes('188******76')).map(([place]) => place);
  expect(masked.length).toBeGreaterThan(10);
  for (const each of ['notification ended', 'notification goes on', 'dead letter', 'DingTalk answered'])
    expect(said.get('log')).toContain(each);
});
