/**
 * A local Kafka and schema registry for `npm start`, the tests and the bench. Servers whose address is given are
 * used as they are; else a Docker engine that answers runs them; else Java does, with files that Maven brings.
 * Whatever is started here ends with its user, however that ends, and two users never share anything.
 */
import { javaServers } from './artifacts.ts';
import { classArchives } from './class-archive.ts';
import { dockerAnswers, startInDocker } from './docker.ts';
import { StackError } from './errors.ts';
import { findJava, leastJava } from './java.ts';
import { kafkaServer } from './kafka.ts';
import { KeeperClient } from './keeper-client.ts';
import { portAnswers, registryAnswers } from './probes.ts';
import { registryServer } from './registry.ts';
import { createRunFolder, sweepOldRuns } from './run-folder.ts';
import { sayOnStderr, type Say } from './say.ts';
import type { Server, Started, Wanted } from './server.ts';

export interface Stack {
  /** `host:port` of the broker, or the given list. */
  readonly brokers: string;
  /** The base URL of the Confluent schema registry API. */
  readonly registryUrl: string;
  readonly kafka: Server;
  readonly registry: Server;
  /** Where the servers' logs are, or null when nothing was started on this machine. */
  readonly logFolder: string | null;
  /** Ends everything that was started and removes its data. May be called more than once. */
  stop(): Promise<void>;
}

export interface StackOptions {
  /** Takes the lines of progress; standard error when absent. */
  readonly say?: Say;
  /** `process.env` when absent: KAFKA_BROKERS, SCHEMA_REGISTRY_URL, JAVA_HOME, DINGBUS_STACK (docker or java). */
  readonly env?: NodeJS.ProcessEnv;
  /** Start servers of one's own even where addresses are given; for tests that stop and kill them. */
  readonly own?: boolean;
}

/** Provides a broker and a registry that answer. Throws `StackError` with advice when that is not possible. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const env = options.env ?? process.env;
  const say = options.say ?? sayOnStderr;
  const brokers = options.own === true ? undefined : given(env['KAFKA_BROKERS']);
  const registryUrl = options.own === true ? undefined : given(env['SCHEMA_REGISTRY_URL']);
  if (brokers !== undefined && !(await portAnswers(brokers))) {
    throw new StackError(`KAFKA_BROKERS is set to ${brokers}, but no broker answers there.`);
  }
  if (registryUrl !== undefined && !(await registryAnswers(registryUrl))) {
    throw new StackError(
      `SCHEMA_REGISTRY_URL is set to ${registryUrl}, but no schema registry answers there.`,
    );
  }
  const wanted: Wanted = { kafka: brokers === undefined, registry: registryUrl === undefined };
  const started = wanted.kafka || wanted.registry ? await start(wanted, env, say) : null;
  return {
    brokers: brokers ?? present(started?.kafka).brokers,
    registryUrl: registryUrl ?? present(started?.registry).url,
    kafka: started?.kafka?.server ?? foreign,
    registry: started?.registry?.server ?? foreign,
    logFolder: started?.logFolder ?? null,
    stop: async () => started?.stop(),
  };
}

async function start(wanted: Wanted, env: NodeJS.ProcessEnv, say: Say): Promise<Started> {
  const way = given(env['DINGBUS_STACK']);
  if (way !== undefined && way !== 'docker' && way !== 'java') {
    throw new StackError(`DINGBUS_STACK is "${way}"; it can be "docker" or "java".`);
  }
  if (way !== 'java' && (await dockerAnswers(env))) return startInDocker(wanted, say);
  const java = way === 'docker' ? null : await findJava(env);
  if (java !== null) return startWithJava(wanted, java, say);
  throw new StackError(
    way === 'docker'
      ? 'DINGBUS_STACK is "docker", but no Docker engine answers.'
      : `A Kafka broker and a schema registry are needed. Do one of these: start Docker; install Java ${leastJava} ` +
          'or newer and Maven; or set KAFKA_BROKERS (and SCHEMA_REGISTRY_URL) to servers of your own.',
  );
}

async function startWithJava(wanted: Wanted, java: string, say: Say): Promise<Started> {
  const files = await javaServers(java, say);
  const archives = await classArchives(java, files, say);
  const keeper = new KeeperClient(createRunFolder());
  sweepOldRuns();
  try {
    const kafka = wanted.kafka ? await kafkaServer(keeper, java, files, archives.kafka) : null;
    const registry = wanted.registry ? await registryServer(keeper, java, files, archives.registry) : null;
    const beganMs = Date.now();
    say(
      `starting ${kafka === null ? '' : 'Kafka'}${kafka && registry ? ' and ' : ''}${registry ? 'the registry' : ''}`,
    );
    await Promise.all([kafka?.server.start(), registry?.server.start()]);
    say(`ready after ${((Date.now() - beganMs) / 1000).toFixed(1)} s; logs in ${keeper.folder}/logs`);
    return { kafka, registry, logFolder: `${keeper.folder}/logs`, stop: () => keeper.end() };
  } catch (error) {
    await keeper.end();
    throw error;
  }
}

const foreign: Server = {
  managed: false,
  pid: null,
  stop: () => Promise.reject(notOurs()),
  start: () => Promise.reject(notOurs()),
  kill: () => Promise.reject(notOurs()),
};

function notOurs(): StackError {
  return new StackError('This server was given by its address and is not ours to stop or start.');
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined)
    throw new StackError('A server that was wanted was not started.');
  return value;
}
