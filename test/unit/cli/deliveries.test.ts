import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { suppress } from '../../../src/ledger/lifecycle/admit.ts';
import { unknownForGood } from '../../../src/ledger/lifecycle/answers.ts';
import { saveCallSteps, saveSteps } from '../../../src/ledger/lifecycle/save.ts';
import { aNotification, mobile, noon, onItsWay, only } from '../../fakes/builders.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';
import { run, writeConfig } from './command.ts';

let temp: TempLedger;
let ledger: Ledger;
let config: string;
const throttled = aNotification({ audience: { userids: ['u7'], mobiles: [mobile('13800001201')] } }, 'e-1');
const held = onItsWay({ route: 'announce', audience: { everyone: true } }, 'e-2');

beforeEach(async () => {
  temp = new TempLedger(systemClock);
  ledger = await temp.open();
  config = writeConfig(temp.folder);
  const all = [throttled, held.notification];
  const call = only(held.calls);
  await ledger.write(async (tx) => {
    await tx.insertNotifications(all.map((notification) => ({ notification, identity: notification.id })));
    await tx.insertCalls(held.calls);
    await saveSteps(tx, [suppress(throttled, 'throttled', null, noon)]);
    const members = new Map([[held.notification.id, held.notification]]);
    const why = { reason: 'no_answer', error: null, held: true };
    await saveCallSteps(tx, [unknownForGood(call, members, why, noon)]);
  });
});

afterEach(() => temp.dispose());

async function ids(...args: string[]): Promise<string[]> {
  const { code, out } = await run('deliveries', 'list', '--config', config, '--json', ...args);
  expect(code).toBe(0);
  return (JSON.parse(out) as { items: { id: string }[] }).items.map((item) => item.id);
}

it('every filter keeps what fits and nothing else', async () => {
  const [first, second] = [throttled.id, held.notification.id];
  expect(await ids()).toEqual([second, first]);
  expect(await ids('--route', 'announce')).toEqual([second]);
  expect(await ids('--status', 'suppressed')).toEqual([first]);
  expect(await ids('--state', 'waiting')).toEqual([]);
  expect(await ids('--userid', 'u7')).toEqual([first]);
  expect(await ids('--search', 'e-2')).toEqual([second]);
  expect(await ids('--search', 'u7', '--route', 'announce')).toEqual([]);
  expect(await ids('--since', '2026-03-02T14:00:00+08:00')).toEqual([second, first]);
  expect(await ids('--until', '2026-03-02T14:00:00+08:00')).toEqual([]);
  expect(await ids('--limit', '1')).toEqual([second]);
});

it('list is what deliveries does by itself, and says when there is more', async () => {
  const { code, out } = await run('deliveries', '--config', config, '--limit', '1');
  expect(code).toBe(0);
  expect(out).toContain(held.notification.id);
  expect(out).toContain('raise --limit');
});

it('held deliveries are named with the id that resolve takes', async () => {
  const { out } = await run('deliveries', 'list', '--held', '--config', config);
  expect(out).toContain(only(held.notification.deliveries).id);
});

it('show tells the history in order and no mobile number', async () => {
  const { code, out } = await run('deliveries', 'show', throttled.id, '--config', config);
  expect(code).toBe(0);
  const order = ['EVENT', 'PLAN', 'USERID', 'RESULT'].map((heading) => out.indexOf(heading));
  expect(order.every((at) => at > 0)).toBe(true);
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(out).toContain('throttled');
  expect(out).toContain('138******01');
  expect(out).not.toContain('13800001201');
});

it('show finds a notification by one of its deliveries', async () => {
  const { id } = only(held.notification.deliveries);
  const { code, out } = await run('deliveries', 'show', id, '--config', config, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ id: held.notification.id, calls: [{ state: 'held' }] });
});

it('an unknown id is a fault, a wrong filter is wrong use', async () => {
  expect((await run('deliveries', 'show', 'ntf_none', '--config', config)).code).toBe(1);
  expect((await run('deliveries', 'list', '--status', 'sent', '--config', config)).code).toBe(2);
  expect((await run('deliveries', 'list', '--since', 'monday', '--config', config)).code).toBe(2);
  expect((await run('deliveries', 'list', '--held', '--route', 'x', '--config', config)).code).toBe(2);
});

it('resolve wants one settlement, and says how to reach the service when it is not running', async () => {
  expect((await run('deliveries', 'resolve', 'dlv_x', '--config', config)).code).toBe(2);
  expect((await run('deliveries', 'resolve', 'dlv_x', '--sent', '--drop', '--config', config)).code).toBe(2);
  const { code, err } = await run('deliveries', 'resolve', 'dlv_x', '--sent', '--config', config);
  expect(code).toBe(1);
  expect(err).toMatch(/does not answer at http:\/\/127\.0\.0\.1:1 .*--url/s);
  expect(err).not.toContain('test-admin-token');
});

it('recall of many asks first, and takes a route with its time only', async () => {
  const many = await run('recall', 'ntf_a', 'ntf_b', '--config', config);
  expect(many).toMatchObject({ code: 2, err: expect.stringContaining('--yes') as string });
  expect((await run('recall', '--config', config)).code).toBe(2);
  expect((await run('recall', '--route', 'refund', '--config', config)).code).toBe(2);
  expect((await run('recall', 'ntf_a', '--route', 'refund', '--since', '1h', '--config', config)).code).toBe(
    2,
  );
});
