import { expect, it } from 'vitest';
import { conceal } from '../../../src/config/conceal.ts';
import { humanFault } from '../../../src/config/fault-report.ts';
import { nameOf } from '../../../src/config/fields.ts';

it.each([
  ['      app_secret: SuperSecret99', '      app_secret: *************'],
  ['default: { app_key: k, app_secret: "a, b}c", agent_id: 1 }', 'default: { app_key: k, app_secret: ********, agent_id: 1 }'],
  ["  admin_token: 'x y' # old", "  admin_token: ***** # old"],
  ['store: postgres://user:hunter2@db/dingbus', 'store: postgres://user:*******@db/dingbus'],
  ['url: "user:hunter2@reg"', 'url: "user:*******@reg"'],
  ['mobiles: ["13800001201", "+86 138-0000-1201"]', 'mobiles: ["138******01", "+86 138********01"]'],
])('%s is shown as %s', (line, shown) => {
  expect(conceal(line)).toBe(shown);
  expect(shown).toHaveLength(line.length);
});

it.each([
  ['app_secret: ${APP_SECRET}'],
  ['app_secret: "${APP_SECRET}"'],
  ['password: { file: /run/secrets/password }'],
  ['dedupe: { key: data.order_id, window: 1h }'],
  ['on: shop.orders # see a@b.example'],
  ['task_id: 1795782752374000'],
])('%s is shown as it is', (line) => {
  expect(conceal(line)).toBe(line);
});

it('is what lint shows of a line, and what a message shows of a value', () => {
  const fault = { file: 'a.yaml', line: 1, col: 8, length: 26, severity: 'error', code: 'wrong_value' } as const;
  const lines = { line: () => 'store: mysql://user:hunter2@h/db' };
  const text = humanFault({ ...fault, message: 'no such store', remedy: null }, lines);
  expect(text).toContain('store: mysql://user:*******@h/db');
  expect(nameOf('user:hunter2@reg')).toBe('"user:*******@reg"');
});
