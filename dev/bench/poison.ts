/**
 * What 1 % of poison costs the good records beside it: broken JSON, empty values, and schema ids that a registry has never
 * heard of, each another one. Every tenth good record makes a notification. Decoding, rules and the ledger are real, the registry answers over HTTP; Kafka is left out.
 *
 *   node dev/bench/poison.ts [--records 500000] [--rounds 3]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createEventDecoder } from '../../src/events/decoder.ts';
import { createIntake } from '../../src/intake/intake.ts';
import { openLedger } from '../../src/ledger/open.ts';
import type { RawRecord } from '../../src/model/record.ts';
import { createRegistry } from '../../src/registry/registry.ts';
import { loadRules } from '../../src/rules/load-rules.ts';
import type { Rules } from '../../src/rules/rules.ts';
import { filesOf } from './frame/config-texts.ts';
import { compare, printRow } from './frame/report.ts';

const { values } = parseArgs({
  options: { records: { type: 'string', default: '500000' }, rounds: { type: 'string', default: '3' } },
});
const total = Number(values.records);
const topic = 'shop.orders';
const batch = 500;
const everyPoison = 100;

function good(number: number): Buffer {
  return Buffer.from(
    JSON.stringify({ order_id: `A-${number}`, urgent: number % 10 === 5, note: 'x'.repeat(230) }),
  );
}

/** Three kinds in turn; ids are those that random bytes behind a zero make. */
function poison(number: number): Buffer {
  const framed = Buffer.from([0, 0, 0, 0, 0, 2, 7]);
  framed.writeInt32BE(1_000_000 + number, 1);
  return [Buffer.from('{"order_id": '), Buffer.alloc(0), framed][number % 3] ?? framed;
}

function record(offset: number, isPoison: boolean): RawRecord {
  const value = isPoison ? poison(offset / everyPoison) : good(offset);
  return { topic, partition: 0, offset: BigInt(offset), timestamp: offset, key: null, value, headers: [] };
}

/** Good records a second. */
async function run(rules: Rules, registryUrl: string, withPoison: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'dingbus-poison-'));
  const ledger = await openLedger({
    store: `sqlite:${join(folder, 'ledger.db')}`,
    instance: 'bench',
    description: 'bench',
    clock: systemClock,
    logger: silentLogger,
    leaseMs: null,
    readOnly: false,
  });
  const registry = createRegistry({
    url: registryUrl,
    auth: null,
    tls: null,
    timeoutMs: 5_000,
    clock: systemClock,
    logger: silentLogger,
  });
  const intake = createIntake({
    group: 'bench',
    ledger,
    decoder: createEventDecoder(registry),
    rules: () => ({
      hash: 'bench',
      couldMatch: () => true,
      reading: () => ({ format: 'auto', identity: null }),
      plan: (event, now) => rules.plan(event, now),
      planRoute: () => null,
      planSignals: () => ({ notifications: [], signals: [], configHash: '' }),
    }),
    clock: systemClock,
    logger: silentLogger,
    observer: { batch: () => undefined },
  });
  let count = 0;
  const begun = performance.now();
  for (let first = 0; first < total; first += batch) {
    const records = Array.from({ length: batch }, (_, index) => {
      const offset = first + index;
      return record(offset, withPoison && offset % everyPoison === 0);
    });
    count += withPoison ? batch - batch / everyPoison : batch;
    await intake.process({ topic, partition: 0, records });
  }
  const rate = (count * 1_000) / (performance.now() - begun);
  await registry.close();
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
  return rate;
}

/** A registry that knows no schema at all. */
async function emptyRegistry(): Promise<Server> {
  const server = createServer((_request, response) => {
    response
      .writeHead(404, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
      .end('{"error_code":40403,"message":"Schema not found"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function compiled(): Rules {
  const files = filesOf({
    'c/dingbus.yaml': `kafka: { brokers: "127.0.0.1:9092" }
dingtalk: { apps: { default: { app_key: key, app_secret: "\${SECRET:-none}", agent_id: 1 } } }
results: { format: json }
topics: { shop.orders: {} }
`,
    'c/routes/a.yaml': `routes:
  - name: urgent
    on: shop.orders
    when: data.urgent
    to: { userids: [manager01] }
    message: { text: { content: "{{ data.order_id }}" } }
`,
  });
  const loaded = loadRules({ path: 'c/dingbus.yaml', env: {}, files });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.rules;
}

const rules = compiled();
const server = await emptyRegistry();
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const pairs: { ours: number; reference: number }[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const reference = await run(rules, url, false);
  pairs.push({ ours: await run(rules, url, true), reference });
}
const row = compare(
  'good records beside 1 % of poison, and without it',
  pairs,
  { atLeast: 0.8 },
  'records/s',
);
printRow(row);
server.closeAllConnections();
server.close();
process.exitCode = row.met ? 0 : 1;
