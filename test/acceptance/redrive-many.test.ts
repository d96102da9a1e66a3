/**
 * A fault of one route that nobody saw for a while, mended and redriven as a whole: every event gets through once, however
 * often the command is given. DINGBUS_TEST_SCALE multiplies the number of dead letters (250 for 100,000 of them).
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { runCommand, type CommandEnd } from './harness/command.ts';
import type { DingbusProcess } from './harness/dingbus-process.ts';
import { build, World } from './harness/world.ts';

const count = 400 * Number(process.env['DINGBUS_TEST_SCALE'] ?? 1);
const people = 100;

const dingbusYaml = `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  apps:
    default:
      app_key: dingsimulatorkey
      app_secret: simulator-secret
      agent_id: 836390886
      limits: { calls_per_second: 1000, recipients_per_minute: 1000000, per_user_per_day: 100000 }
intake: { max_pending: 10000000 }
topics:
  "{topic:events}": {}
`;

/** The template names a field that no event has, until it is mended. */
function routes(content: string): Readonly<Record<string, string>> {
  const text = `routes:
  - name: told
    on: "{topic:events}"
    to: { userids: ["load{{ data.person }}"] }
    message: { text: { content: "${content}" } }
    track: accepted
`;
  return { 'routes/test.yaml': text };
}

let world: World | undefined;
let dingbus: DingbusProcess | undefined;

beforeAll(async () => {
  build();
  world = await World.create({
    brokers: inject('brokers'),
    registryUrl: inject('registryUrl'),
    topics: [{ name: 'events', partitions: 3 }],
    files: routes('{{ data.name }} {{ data.n }}'),
    dingbus: dingbusYaml,
    simulator: { generate: people, behaviour: { startsAfterMs: 0, finishesAfterMs: 200 } },
  });
  dingbus = await world.process();
  dingbus.start();
  await dingbus.ready();
}, 240_000);

afterAll(async () => {
  await dingbus?.kill();
  await world?.close();
});

function here(): { world: World; dingbus: DingbusProcess } {
  if (world === undefined || dingbus === undefined) throw new Error('the set-up failed');
  return { world, dingbus };
}

function command(...args: string[]): Promise<CommandEnd> {
  return runCommand(here().dingbus, args);
}

it('all dead letters of a route are redriven by one command, and by a second one not again', async () => {
  const { world, dingbus } = here();
  const topic = world.topic('events');
  for (let first = 0; first < count; first += 1_000) {
    const numbers = Array.from({ length: Math.min(1_000, count - first) }, (_, index) => first + index);
    await world.sink.publish(
      numbers.map((n) => ({
        topic,
        key: Buffer.from(String(n)),
        value: Buffer.from(JSON.stringify({ n, person: n % people })),
        headers: [],
      })),
    );
  }
  const written = async (): Promise<number> => {
    let records = 0n;
    for (const { low, high } of await world.admin.offsets(world.deadLetterTopic)) records += high - low;
    return Number(records);
  };
  await expect.poll(written, { timeout: 600_000, interval: 200 }).toBe(count);

  world.writeConfig({ dingbus: dingbusYaml, files: routes('mended {{ data.n }}') });
  const { hash } = await status();
  dingbus.signal('SIGHUP');
  await expect.poll(async () => (await status()).hash, { timeout: 30_000 }).not.toBe(hash);

  expect(await command('dlq', 'redrive')).toMatchObject({ code: 2 });
  expect(await command('dlq', 'redrive', '--route', 'told')).toMatchObject({ code: 2 });
  const began = Date.now();
  const filters = ['dlq', 'redrive', '--route', 'told', '--reason', 'template_error', '--yes'];
  expect((await command(...filters)).answer).toMatchObject({ total: count, outcomes: { redriven: count } });
  process.stderr.write(`  redriven: ${Math.round((count * 1_000) / (Date.now() - began))} a second\n`);
  expect((await command(...filters)).answer).toMatchObject({
    total: count,
    outcomes: { already_redriven: count },
  });
  const inboxes = (): number =>
    Array.from({ length: people }, (_, index) => world.simulator.control.inbox(`load${index}`).length).reduce(
      (sum, each) => sum + each,
      0,
    );
  await expect.poll(inboxes, { timeout: 900_000, interval: 200 }).toBe(count);
  const none = await command('dlq', 'redrive', '--reason', 'undecodable', '--yes');
  expect(none).toMatchObject({ code: 0, answer: { items: [] } });
});

async function status(): Promise<{ hash: string }> {
  const { port } = here().dingbus.settings;
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/configuration`, {
    headers: { authorization: 'Bearer test-admin-token' },
  });
  return (await response.json()) as { hash: string };
}
