/**
 * `npm start`: a local Kafka, a schema registry and the DingTalk simulator, dingbus with `config/` between them, and
 * the sample events with what becomes of each. With `--once` it ends by itself and says whether anything is missing.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../src/base/clock.ts';
import { messageOf } from '../src/base/errors.ts';
import { silentLogger } from '../src/base/logger.ts';
import { createAdmin } from '../src/kafka/admin.ts';
import { createSink } from '../src/kafka/sink.ts';
import { createRegistry } from '../src/registry/registry.ts';
import { startSimulator } from '../src/simulator/simulator.ts';
import { sampleEvents } from './samples/events.ts';
import { Follower } from './samples/follow.ts';
import { SamplePublisher } from './samples/publish.ts';
import { print, Report } from './samples/show.ts';
import { freePort, isFree } from './stack/ports.ts';
import { startStack } from './stack/stack.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.dingbus', 'start');
const readyWithinMs = 60_000;
const resultsWithinMs = 90_000;
const pollMs = 200;

/** What was started, ended in the opposite order however this ends. */
const ends: (() => Promise<unknown> | void)[] = [];
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second time nobody wants to wait any more.
    if (interrupted.signal.aborted) process.exit(1);
    interrupted.abort();
  });
}

async function main(once: boolean): Promise<boolean> {
  const run = String(process.pid);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  const stack = await startStack();
  ends.push(() => stack.stop());
  const simulator = await startSimulator({ port: await preferred(8090) });
  ends.push(() => simulator.stop());

  const connection = { brokers: stack.brokers.split(','), clientId: 'dingbus-start', ssl: null, sasl: null };
  const means = { connection, clock: systemClock, logger: silentLogger };
  const admin = createAdmin(means);
  ends.push(() => admin.close());
  const sink = createSink(means);
  ends.push(() => sink.stop(1_000));
  const registry = createRegistry({
    url: stack.registryUrl,
    auth: null,
    tls: null,
    timeoutMs: 10_000,
    clock: systemClock,
    logger: silentLogger,
  });
  ends.push(() => registry.close());

  const topics = [...new Set(sampleEvents.map((event) => event.topic))];
  await admin.ensureTopics(
    topics.map((topic) => ({ topic, partitions: 3, replication: 1, retentionMs: null, minIsr: null })),
    true,
  );
  // On a broker of the user's own the samples of earlier runs are known already; new ids make them new.
  const suffix = process.env['KAFKA_BROKERS'] === undefined ? '' : `-${run}`;
  const samples = new SamplePublisher(sink, registry, suffix);
  await samples.registerSchemas(sampleEvents);

  const follower = new Follower(admin, stack.registryUrl, {
    results: 'dingbus.results',
    deadLetters: 'dingbus.dead-letters',
  });
  await follower.skipPresent();
  const port = await preferred(8080);
  const url = `http://127.0.0.1:${port}`;
  const given = process.env['DINGBUS_ADMIN_TOKEN'];
  const env = {
    KAFKA_BROKERS: stack.brokers,
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    DINGTALK_BASE_URL: simulator.url,
    DINGBUS_STORE: `sqlite:${join(folder, 'dingbus.db')}`,
    DINGBUS_PORT: String(port),
    DINGBUS_ADMIN_TOKEN: given ?? 'local-admin',
  };
  // The commands find the running service by the same variables.
  const exports = Object.entries(env).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  );
  writeFileSync(join(folder, 'env'), exports.join(''), { mode: 0o600 });
  const dingbus = runDingbus(env);
  await ready(url, dingbus);

  print('');
  print(`  Kafka             ${stack.brokers}`);
  print(`  schema registry   ${stack.registryUrl}`);
  print(`  DingTalk          ${simulator.url}   (simulator: every inbox is on this page)`);
  print(
    `  console           ${url}   (admin token: ${given === undefined ? 'local-admin' : 'the one of DINGBUS_ADMIN_TOKEN'})`,
  );
  print(`  log               ${join('.dingbus', 'start', 'dingbus.log')}`);
  print(
    `  commands          . ${join('.dingbus', 'start', 'env')}   (then npx dingbus status, deliveries, dlq list …)`,
  );
  print('');

  const report = new Report();
  for (const event of sampleEvents) {
    report.event(event);
    await samples.publish(event);
    await show(follower, report);
  }
  const deadline = Date.now() + resultsWithinMs;
  while (!report.complete() && Date.now() < deadline && !interrupted.signal.aborted) {
    requireRunning(dingbus);
    await delay(pollMs);
    await show(follower, report);
  }
  // Whatever comes too much comes now.
  await delay(pollMs);
  await show(follower, report);
  report.summary();
  const wrong = [...report.missing().map((text) => `missing: ${text}`), ...report.surplus()];
  for (const text of wrong) print(`  ✗ ${text}`);
  if (once) return wrong.length === 0;

  print('');
  print(
    '  Running on. Publish to one of the topics with any Kafka client, or press Ctrl-C to stop everything.',
  );
  while (!interrupted.signal.aborted) {
    requireRunning(dingbus);
    await delay(pollMs);
    await show(follower, report);
  }
  return true;
}

async function show(follower: Follower, report: Report): Promise<void> {
  const { results, deadLetters } = await follower.news();
  for (const result of results) report.result(result);
  for (const deadLetter of deadLetters) report.deadLetter(deadLetter);
}

/** The service as a process of its own, as it runs in earnest; it ends with this one, however that ends. */
function runDingbus(env: Readonly<Record<string, string>>): ChildProcess {
  const log = createWriteStream(join(folder, 'dingbus.log'));
  const child = spawn(
    process.execPath,
    [join(root, 'src/main.ts'), 'run', '--config', join(root, 'config')],
    {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  child.stdout?.pipe(log);
  child.stderr?.pipe(log);
  ends.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  });
  return child;
}

function requireRunning(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`dingbus has ended; see ${join(folder, 'dingbus.log')}`);
  }
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  let last = 'no answer';
  while (!interrupted.signal.aborted) {
    requireRunning(child);
    try {
      const response = await fetch(`${url}/-/ready`);
      if (response.status === 200) return;
      last = await response.text();
    } catch (thrown) {
      last = messageOf(thrown);
    }
    if (Date.now() > deadline) throw new Error(`dingbus was not ready in time: ${last}`);
    await delay(50);
  }
}

/** The usual port when nobody has it, else any. */
async function preferred(port: number): Promise<number> {
  return (await isFree(port)) ? port : freePort();
}

let code = 0;
try {
  code = (await main(process.argv.includes('--once'))) ? 0 : 1;
} catch (thrown) {
  if (!interrupted.signal.aborted) {
    process.stderr.write(`\n${messageOf(thrown)}\n`);
    code = 1;
  }
}
for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
process.exit(code);
