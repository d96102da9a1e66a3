/**
 * How many events a second the rules plan with 10, 100 and 1,000 routes, of which five concern the event's topic and
 * type and one matches: the cost must grow with the candidates, not with all routes.
 *
 *   node dev/bench/rules.ts [--seconds 3]
 */
import { parseArgs } from 'node:util';
import type { Event } from '../../src/model/event.ts';
import { loadRules } from '../../src/rules/load-rules.ts';
import { filesOf } from './frame/config-texts.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const milliseconds = Number(values.seconds) * 1000;
const candidates = 5;
const now = Date.parse('2026-03-02T09:30:00+08:00');

const main = `
kafka: { brokers: "127.0.0.1:9092" }
dingtalk: { apps: { default: { app_key: key, app_secret: "\${SECRET:-none}", agent_id: 1 } } }
results: { format: json }
topics: { shop.orders: {} }
`;

function routes(count: number): string {
  const lines = Array.from({ length: count }, (_, index) =>
    [
      `  - name: route-${index}`,
      '    on: shop.orders',
      `    type: ${index < candidates ? 'shop.Refund' : `shop.Other${index}`}`,
      `    when: data.amount_cents >= ${index === 0 ? 1000 : 1_000_000 + index} && data.currency == "CNY"`,
      '    to: { mobiles: ["{{ data.owner_mobile }}"], userids: [manager01] }',
      '    dedupe: { key: data.order_id, window: 1h }',
      '    message: { markdown: { title: 退款, text: "订单 {{ data.order_id }}：**{{ data.amount_cents | money: data.currency }}**" } }',
    ].join('\n'),
  );
  return `routes:\n${lines.join('\n')}\n`;
}

const event: Event = {
  data: { order_id: 'SO-1', amount_cents: 128_000n, currency: 'CNY', owner_mobile: '13800001101' },
  meta: {
    source: 'shop.orders',
    id: '0/0',
    type: 'shop.Refund',
    subject: null,
    time: new Date(now),
    topic: 'shop.orders',
    partition: 0,
    offset: 0n,
    key: null,
    headers: {},
    traceparent: null,
  },
};

for (const count of [10, 100, 1000]) {
  // A file holds as many routes as fit into it; large sets of rules are spread over several anyway.
  const texts: Record<string, string> = { 'dingbus.yaml': main };
  const text = routes(count).split('\n').slice(1, -1);
  const perFile = 7 * 250;
  for (let at = 0; at < text.length; at += perFile) {
    const number = String(at).padStart(6, '0');
    texts[`routes/${number}.yaml`] = `routes:\n${text.slice(at, at + perFile).join('\n')}\n`;
  }
  const compiling = performance.now();
  const loaded = loadRules({ path: 'dingbus.yaml', env: {}, files: filesOf(texts) });
  if (!loaded.ok) throw new Error(loaded.faults[0]?.message ?? 'the configuration does not compile');
  const compiled = performance.now() - compiling;
  const { rules } = loaded;
  for (let index = 0; index < 2000; index += 1) rules.plan(event, now);
  const start = performance.now();
  let planned = 0;
  while (performance.now() - start < milliseconds) {
    for (let index = 0; index < 100; index += 1) rules.plan(event, now);
    planned += 100;
  }
  const perSecond = Math.round(planned / ((performance.now() - start) / 1000));
  process.stdout.write(
    `${count} routes: ${perSecond} events/s (loaded and compiled in ${Math.round(compiled)} ms)\n`,
  );
}
