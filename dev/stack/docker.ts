/** The same two servers as containers, for machines that have a Docker engine. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerRuntimeClient, GenericContainer, StartedTestContainer } from 'testcontainers';
import { StackError } from './errors.ts';
import { kafkaSettings } from './kafka-settings.ts';
import { freePort } from './ports.ts';
import { brokerAnswers, registryAnswers } from './probes.ts';
import { confluentPath } from './registry.ts';
import type { Say } from './say.ts';
import type { Server, Started, Wanted } from './server.ts';
import { apicurioVersion, kafkaVersion } from './versions.ts';

/** An engine that takes longer than this to answer is taken for one that does not run, in milliseconds. */
const engineAnswersWithinMs = 10_000;

/** How long a container's server may take until it answers, in milliseconds; its image is there by then. */
const startWithinMs = 120_000;

/** Whether a Docker engine can be talked to. The client is only loaded when there is a sign of one. */
export async function dockerAnswers(env: NodeJS.ProcessEnv): Promise<boolean> {
  if (!hasSignOfDocker(env)) return false;
  try {
    await runtime();
    return true;
  } catch {
    return false;
  }
}

function hasSignOfDocker(env: NodeJS.ProcessEnv): boolean {
  const sockets = [
    '/var/run/docker.sock',
    join(homedir(), '.docker', 'run', 'docker.sock'),
    join(homedir(), '.docker', 'desktop', 'docker.sock'),
    join(env['XDG_RUNTIME_DIR'] ?? '/run', 'docker.sock'),
    '//./pipe/docker_engine',
  ];
  const settings = join(homedir(), '.testcontainers.properties');
  return (
    (env['DOCKER_HOST'] ?? '') !== '' || existsSync(settings) || sockets.some((path) => existsSync(path))
  );
}

async function runtime(): Promise<ContainerRuntimeClient> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const late = delay(engineAnswersWithinMs, null, { ref: false });
  const client = await Promise.race([getContainerRuntimeClient(), late]);
  if (client === null) throw new StackError('The Docker engine does not answer.');
  return client;
}

/** Starts what is wanted; the containers are removed at the end, by Testcontainers' reaper if need be. */
export async function startInDocker(wanted: Wanted, say: Say): Promise<Started> {
  const client = await runtime();
  const host = client.info.containerRuntime.host;
  say('starting containers; images that are missing are pulled first, which may take some minutes');
  const containers: StartedTestContainer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(containers.splice(0).map((container) => container.stop({ timeout: 5_000 })));
  };
  const run = async (container: GenericContainer, answers: () => Promise<boolean>): Promise<Server> => {
    const started = await container.start();
    containers.push(started);
    await until(answers);
    return containerServer(client, started.getId(), answers);
  };
  try {
    const [kafka, registry] = await Promise.all([
      wanted.kafka ? runKafka(host, run, say) : null,
      wanted.registry ? runRegistry(host, run, say) : null,
    ]);
    return { kafka, registry, logFolder: null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Run = (container: GenericContainer, answers: () => Promise<boolean>) => Promise<Server>;

async function runKafka(host: string, run: Run, say: Say): Promise<{ server: Server; brokers: string }> {
  const { GenericContainer } = await import('testcontainers');
  // The broker tells its clients its address, so the port on the host has to be known before it starts.
  const port = await freePort();
  const brokers = `${host}:${port}`;
  const settings = kafkaSettings({
    listener: '0.0.0.0:9092',
    advertised: brokers,
    controller: '127.0.0.1:9093',
    logFolder: '/tmp/kafka-log',
  });
  const environment = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      `KAFKA_${key.toUpperCase().replaceAll('.', '_')}`,
      String(value),
    ]),
  );
  const container = new GenericContainer(`apache/kafka:${kafkaVersion}`)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({ ...environment, KAFKA_HEAP_OPTS: '-Xmx512m' });
  const server = await run(container, () => brokerAnswers(brokers));
  say(`Kafka ${kafkaVersion} is up at ${brokers}`);
  return { server, brokers };
}

async function runRegistry(host: string, run: Run, say: Say): Promise<{ server: Server; url: string }> {
  const { GenericContainer } = await import('testcontainers');
  const port = await freePort();
  const url = `http://${host}:${port}${confluentPath}`;
  const container = new GenericContainer(`apicurio/apicurio-registry:${apicurioVersion}`)
    .withExposedPorts({ container: 8080, host: port })
    .withEnvironment({
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_DATASOURCE_URL: 'jdbc:h2:file:/tmp/schemas;WRITE_DELAY=0',
    });
  const server = await run(container, () => registryAnswers(url));
  say(`the registry is up at ${url}`);
  return { server, url };
}

function containerServer(
  client: ContainerRuntimeClient,
  id: string,
  answers: () => Promise<boolean>,
): Server {
  const container = client.container.getById(id);
  return {
    managed: true,
    pid: null,
    stop: async () => {
      await container.stop({ t: 10 });
    },
    kill: async () => {
      await container.kill({ signal: 'SIGKILL' });
    },
    start: async () => {
      await container.start();
      await until(answers);
    },
  };
}

async function until(answers: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + startWithinMs;
  while (!(await answers())) {
    if (Date.now() > deadline)
      throw new StackError('A container was started, but its server does not answer.');
    await delay(200);
  }
}
