/**
 * What people do when something went wrong, with the commands that they have: mend a template and redrive, settle a
 * broadcast whose answer was lost, take a message back. Each may be repeated, and nobody gets anything twice, not even
 * when the process is killed in the middle of it.
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Failpoint } from '../../src/base/failpoints.ts';
import { runCommand, type CommandEnd } from './harness/command.ts';
import type { DingbusProcess } from './harness/dingbus-process.ts';
import { build, World, type WireResult } from './harness/world.ts';

const dingbusYaml = `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  timeout: 2s
  apps:
    default: { app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886 }
topics:
  "{topic:events}": {}
  "{topic:news}": {}
  "{topic:orders}": { type: data.kind }
`;
const approvers = ['load51', 'load52', 'load53', 'load54', 'load55', 'load56', 'load57', 'load58'];
/** A field that an event lacks is a fault at the time of the event, which no check of the files can find. */
function routes(content: string): string {
  return `routes:
  - name: told
    on: "{topic:events}"
    to: { userids: ["load{{ data.n }}"] }
    message: { text: { content: "${content}" } }
  - name: news
    on: "{topic:news}"
    to: { to_all_user: true }
    message: { text: { content: "news {{ data.n }}" } }
  - name: taken-back
    on: "{topic:orders}"
    type: order
    to: { userids: ["load{{ data.n }}"] }
    message: { text: { content: "order {{ data.n }}" } }
    correlation: data.n
    recall_on: { type: cancelled, key: data.n }
  - name: approval
    on: "{topic:orders}"
    type: approval
    to: { userids: { from: data.approvers } }
    message:
      oa:
        message_url: https://example.com/{{ data.n }}
        head: { bgcolor: FF3B82F6, text: approval }
        status_bar: { status_value: open, status_bg: "0xFFFF9D46" }
        body: { title: "approval {{ data.n }}" }
    correlation: data.n
    update_on: { type: approved, key: data.n, status_value: agreed, status_bg: "0xFF78C06E" }
`;
}

let world: World | undefined;
let dingbus: DingbusProcess | undefined;

beforeAll(async () => {
  build();
  world = await World.create({
    brokers: inject('brokers'),
    registryUrl: inject('registryUrl'),
    topics: [
      { name: 'events', partitions: 1 },
      { name: 'news', partitions: 1 },
      { name: 'orders', partitions: 1 },
    ],
    files: { 'routes/test.yaml': routes('{{ data.name }} for {{ data.n }}') },
    dingbus: dingbusYaml,
    simulator: { generate: 100, behaviour: { startsAfterMs: 0, finishesAfterMs: 200 } },
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

async function publish(topic: string, data: unknown): Promise<void> {
  const value = Buffer.from(JSON.stringify(data));
  await here().world.sink.publish([{ topic: here().world.topic(topic), key: null, value, headers: [] }]);
}

/** Waits for the first result that fits. */
async function result(fits: (each: WireResult) => boolean): Promise<WireResult> {
  const found = (await here().world.untilResults((all) => all.some(fits), 60_000)).find(fits);
  if (found === undefined) throw new Error('no result fits');
  return found;
}

function command(...args: string[]): Promise<CommandEnd> {
  return runCommand(here().dingbus, args);
}

interface Items {
  readonly items: readonly {
    readonly id: string;
    readonly outcome: string;
    readonly created: readonly string[];
  }[];
}

it('a mended template and a redrive, twice, deliver one new notification', async () => {
  const { world, dingbus } = here();
  await publish('events', { n: 1 });
  const failed = await result((each) => each.final && each.status === 'failed');
  expect(failed.reason).toBe('template_error');
  await expect
    .poll(async () => ((await command('dlq', 'list')).answer as Items).items.length, { timeout: 30_000 })
    .toBe(1);
  const [letter] = ((await command('dlq', 'list', '--route', 'told')).answer as Items).items;
  const id = letter?.id ?? '';
  expect((await command('dlq', 'show', id)).answer).toMatchObject({
    id,
    notification_id: failed.notification_id,
  });

  world.writeConfig({
    dingbus: dingbusYaml,
    files: { 'routes/test.yaml': routes('mended for {{ data.n }}') },
  });
  dingbus.signal('SIGHUP');
  const redrive = async (): Promise<Items> => (await command('dlq', 'redrive', id)).answer as Items;
  let first = await redrive();
  for (let round = 0; first.items[0]?.outcome !== 'redriven' && round < 20; round += 1)
    first = await redrive();
  expect(first.items[0]?.created).toHaveLength(1);
  const again = await redrive();
  expect(again.items[0]).toMatchObject({ outcome: 'already_redriven', created: [] });
  const shown = await fetch(`http://127.0.0.1:${dingbus.settings.port}/api/v1/dead-letters/${id}`);
  expect(await shown.json()).toMatchObject({ id, redriven_as: first.items[0]?.created });

  const delivered = await result((each) => each.final && each.status === 'delivered');
  expect(delivered.notification_id).toBe(first.items[0]?.created[0]);
  expect(delivered.related).toBe(failed.notification_id);
  expect(world.simulator.control.inbox('load1')).toHaveLength(1);
});

it('a broadcast whose answer was lost is held until a person says that it was sent', async () => {
  const { world } = here();
  world.simulator.control.addFault({ name: 'answer-lost', operation: 'send', count: 1 });
  await publish('news', { n: 2 });
  const unknown = await result((each) => each.route === 'news' && each.final);
  expect(unknown.status).toBe('unknown');
  const held = (await command('deliveries', 'list', '--held')).answer as { items: { delivery_id: string }[] };
  expect(held.items).toHaveLength(1);
  const delivery = held.items[0]?.delivery_id ?? '';
  expect(await command('deliveries', 'resolve', delivery, '--sent')).toMatchObject({ code: 0 });
  expect(await command('deliveries', 'resolve', delivery, '--sent')).toMatchObject({ code: 1 });
  await result((each) => each.route === 'news' && each.amendment);
  const news = (await world.results()).filter((each) => each.route === 'news' && each.amendment);
  expect(news.map((each) => [each.status, each.reason])).toEqual([['settled', 'sent']]);
});

it('a recall takes the message back and is told once, however often it is asked for', async () => {
  const { world } = here();
  await publish('events', { n: 3 });
  const isThree = (each: WireResult): boolean => each.recipients.some((person) => person.userid === 'load3');
  const delivered = await result((each) => each.final && isThree(each));
  expect(delivered.status).toBe('delivered');
  expect(await command('recall', delivered.notification_id)).toMatchObject({ code: 0 });
  await result((each) => each.amendment && isThree(each));
  expect(await command('recall', delivered.notification_id)).toMatchObject({
    answer: { items: [{ outcome: 'already_recalled' }] },
  });
  const told = (await world.results()).filter((each) => each.amendment && isThree(each));
  expect(told.map((each) => each.status)).toEqual(['recalled']);
  // The broadcast of the test before lies in everyone's inbox, too.
  const recalled = world.simulator.control.inbox('load3').filter((entry) => entry.recalledAt !== null);
  expect(recalled).toHaveLength(1);
});

/** Ends the life under way and starts one that is killed when it passes `place`, if any. */
async function liveUntil(place: Failpoint | null): Promise<void> {
  const { dingbus } = here();
  await dingbus.stop();
  dingbus.start(place === null ? '' : `${place}=1`);
  await dingbus.ready();
}

/** Waits for the blow, and starts the next life. */
async function afterTheKill(): Promise<void> {
  const { dingbus } = here();
  expect(await dingbus.exited()).toEqual({ code: null, signal: 'SIGKILL' });
  dingbus.start();
  await dingbus.ready();
}

const ofOrder =
  (route: string, n: number) =>
  (each: WireResult): boolean =>
    each.route === route && each.recipients.some((person) => person.userid === `load${n}`);

it('a recall that is cut off after DingTalk has taken the message back is told once', async () => {
  const { world } = here();
  const mine = ofOrder('taken-back', 50);
  await liveUntil('tracking.after_recall');
  await publish('orders', { kind: 'order', n: 50 });
  expect((await result((each) => each.final && mine(each))).status).toBe('delivered');
  await publish('orders', { kind: 'cancelled', n: 50 });
  await afterTheKill();
  await result((each) => each.amendment && mine(each));
  const told = distinct((await world.results()).filter((each) => each.amendment && mine(each)));
  expect(told.map((each) => each.status)).toEqual(['recalled']);
  const orders = world.simulator.control.inbox('load50').filter((entry) => entry.msgtype === 'text');
  expect(orders.filter((entry) => JSON.stringify(entry.msg).includes('order 50'))).toMatchObject([
    { recalledAt: expect.any(Number) as number },
  ]);
});

it('a status bar that is cut off after the first of two tasks is shown to everybody', async () => {
  const { world } = here();
  const mine = ofOrder('approval', 51);
  await liveUntil('tracking.after_status_bar');
  await publish('orders', { kind: 'approval', n: 7, approvers });
  expect((await result((each) => each.final && mine(each))).status).toBe('delivered');
  await publish('orders', { kind: 'approved', n: 7 });
  await afterTheKill();
  const bars = (): (string | undefined)[] =>
    approvers.flatMap((userid) =>
      world.simulator.control
        .inbox(userid)
        .filter((entry) => entry.msgtype === 'oa')
        .map((entry) => entry.statusBar?.value),
    );
  await expect.poll(bars, { timeout: 30_000 }).toEqual(approvers.map(() => 'agreed'));
});

it('a redrive that is cut off is done, and asking again makes nothing new', async () => {
  const { world } = here();
  world.writeConfig({ dingbus: dingbusYaml, files: { 'routes/test.yaml': routes('{{ data.name }}!') } });
  await liveUntil(null);
  await publish('events', { n: 60 });
  const failed = await result((each) => each.reason === 'template_error' && each.event.id.endsWith('/2'));
  const letters = async () =>
    ((await command('dlq', 'list', '--route', 'told')).answer as Letters).items.filter(
      (each) => each.notification_id === failed.notification_id,
    );
  await expect.poll(async () => (await letters()).length, { timeout: 30_000 }).toBe(1);
  const id = (await letters())[0]?.id ?? '';
  world.writeConfig({ dingbus: dingbusYaml, files: { 'routes/test.yaml': routes('mended {{ data.n }}') } });
  await liveUntil('intake.after_redrive');
  expect((await command('dlq', 'redrive', id)).code).not.toBe(0);
  await afterTheKill();
  expect((await command('dlq', 'redrive', id)).answer).toMatchObject({
    items: [{ outcome: 'already_redriven', created: [] }],
  });
  const delivered = await result((each) => each.final && each.related === failed.notification_id);
  expect(delivered.status).toBe('delivered');
  const again = distinct(
    (await world.results()).filter((each) => each.final && each.related === failed.notification_id),
  );
  expect(again).toHaveLength(1);
  expect(
    world.simulator.control
      .inbox('load60')
      .filter((entry) => JSON.stringify(entry.msg).includes('mended 60')),
  ).toHaveLength(1);
});

interface Letters {
  readonly items: readonly { readonly id: string; readonly notification_id: string }[];
}

/** Results may come twice after a kill. */
function distinct(results: readonly WireResult[]): WireResult[] {
  return [...new Map(results.map((each) => [each.result_id, each])).values()];
}
