import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { brokerAnswers, registryAnswers } from '../../dev/stack/probes.ts';
import { isAlive } from '../../dev/stack/processes.ts';
import { startStack, type Stack } from '../../dev/stack/stack.ts';

const quiet = { own: true, say: () => undefined };

/** Resolves as soon as the condition holds; the test's own time limit is what ends a wait in vain. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(50);
}

async function topics(brokers: string): Promise<string[]> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

async function createTopic(brokers: string, topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  } finally {
    await admin.disconnect();
  }
}

describe('servers of one run', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack(quiet);
  });
  afterAll(async () => {
    await stack.stop();
  });

  it('are not those of another run that is in use', () => {
    expect(stack.brokers).not.toBe(inject('brokers'));
    expect(stack.registryUrl).not.toBe(inject('registryUrl'));
    expect(stack.registryUrl).toMatch(/\/apis\/ccompat\/v7$/);
  });

  it('keep topics and address when the broker is stopped and started, and when it is killed', async () => {
    await createTopic(stack.brokers, 'kept');
    await stack.kafka.stop();
    expect(stack.kafka.pid).toBeNull();
    expect(await brokerAnswers(stack.brokers)).toBe(false);
    await stack.kafka.start();
    expect(await topics(stack.brokers)).toContain('kept');
    await stack.kafka.kill();
    expect(await brokerAnswers(stack.brokers)).toBe(false);
    await stack.kafka.start();
    expect(await topics(stack.brokers)).toContain('kept');
  });

  it('keep schemas when the registry is killed and started', async () => {
    const subject = `${stack.registryUrl}/subjects/kept-value`;
    const registered = await fetch(`${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: '{"type":"string"}' }),
    });
    expect(registered.status).toBe(200);
    await stack.registry.kill();
    expect(await registryAnswers(stack.registryUrl)).toBe(false);
    await stack.registry.start();
    expect((await fetch(`${subject}/versions/latest`)).status).toBe(200);
  });

  it('do not create topics that nobody asked for', async () => {
    expect(await topics(stack.brokers)).not.toContain('never-created');
    const producer = new Kafka({
      brokers: [stack.brokers],
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    }).producer({ allowAutoTopicCreation: true });
    await producer.connect();
    await expect(producer.send({ topic: 'never-created', messages: [{ value: 'x' }] })).rejects.toThrow();
    await producer.disconnect();
  });

  it('end with the run, and their data with them', async () => {
    const pids = [stack.kafka.pid, stack.registry.pid];
    await stack.stop();
    for (const pid of pids) expect(isAlive(pid ?? 0)).toBe(false);
    expect(existsSync(join(dirname(stack.logFolder ?? ''), 'data'))).toBe(false);
    expect(existsSync(join(stack.logFolder ?? '', 'kafka.log'))).toBe(true);
  });
});

interface Used {
  readonly user: ChildProcess;
  readonly pids: number[];
  readonly folder: string;
}

async function startUser(): Promise<Used> {
  const user = fork(join(import.meta.dirname, 'fixtures', 'stack-user.ts'), { execArgv: [], stdio: 'pipe' });
  const { pids, logFolder } = await new Promise<{ pids: number[]; logFolder: string }>((resolve, reject) => {
    user.once('message', (message) => {
      resolve(message as { pids: number[]; logFolder: string });
    });
    user.once('exit', () => {
      reject(new Error('The user of the servers ended before they were up.'));
    });
  });
  return { user, pids, folder: dirname(logFolder) };
}

describe('a run whose user is gone', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)('leaves no server behind after %s', async (signal) => {
    const { user, pids, folder } = await startUser();
    expect(pids.every((pid) => isAlive(pid))).toBe(true);
    user.kill(signal);
    await until(() => !pids.some((pid) => isAlive(pid)) && !existsSync(join(folder, 'data')));
  });

  it('is cleared away by the next run when its keeper was killed too', async () => {
    const { user, pids, folder } = await startUser();
    const { user: keeper } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { user: number };
    process.kill(keeper, 'SIGKILL');
    user.kill('SIGKILL');
    await until(() => !isAlive(keeper));
    expect(pids.every((pid) => isAlive(pid))).toBe(true);
    const next = await startStack(quiet);
    await next.stop();
    await until(() => !pids.some((pid) => isAlive(pid)));
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });
});

describe('servers whose address is given', () => {
  it('are used as they are and never stopped', async () => {
    const stack = await startStack({
      env: { KAFKA_BROKERS: inject('brokers'), SCHEMA_REGISTRY_URL: inject('registryUrl') },
    });
    expect(stack).toMatchObject({ brokers: inject('brokers'), registryUrl: inject('registryUrl') });
    await expect(stack.kafka.stop()).rejects.toThrow(/not ours/);
    await stack.stop();
    expect(await brokerAnswers(inject('brokers'))).toBe(true);
  });

  it('are named when they do not answer', async () => {
    await expect(startStack({ env: { KAFKA_BROKERS: '127.0.0.1:1' } })).rejects.toThrow(
      /KAFKA_BROKERS.*127\.0\.0\.1:1/,
    );
  });
});

it('says what to install on a machine that has neither Docker nor Java', async () => {
  const env = { PATH: '/nowhere', DINGBUS_STACK: 'java' };
  await expect(startStack({ env, say: () => undefined })).rejects.toThrow(
    /Docker.*Java 17.*Maven.*KAFKA_BROKERS/,
  );
});
