/**
 * Brings the Java servers: Maven resolves them into its own local repository, and what has to be unpacked goes
 * into the user's cache folder. Only one run at a time does this, others wait for it; everything is made aside and
 * renamed into place, so that a run that is killed half-way leaves nothing half-made.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache-folder.ts';
import { StackError } from './errors.ts';
import { hasMaven, leastJava } from './java.ts';
import { withLock } from './lock.ts';
import { repositoryOf, resolveArchive, resolveJars } from './maven.ts';
import type { Say } from './say.ts';
import { apicurioVersion, kafkaVersion, slf4jVersion } from './versions.ts';

const run = promisify(execFile);

export interface JavaServers {
  /** Every jar of the Kafka broker. */
  readonly kafkaJars: readonly string[];
  /** A log folder as Kafka's storage tool formats it; each run starts with a copy. */
  readonly kafkaTemplate: string;
  /** The folder that holds the unpacked registry. */
  readonly registryFolder: string;
}

interface Manifest {
  readonly jars: readonly string[];
}

const kafka = { groupId: 'org.apache.kafka', artifactId: 'kafka_2.13', version: kafkaVersion };
const slf4j = { groupId: 'org.slf4j', artifactId: 'slf4j-simple', version: slf4jVersion };
const apicurio = {
  groupId: 'io.apicurio',
  artifactId: 'apicurio-registry-app',
  version: apicurioVersion,
  type: 'tar.gz',
  classifier: 'all',
};

/** Gives the servers' files, from the cache when all is there, else through Maven. */
export async function javaServers(java: string, say: Say): Promise<JavaServers> {
  const cache = cacheFolder();
  const ready = fromCache(cache);
  if (ready !== null) return ready;
  return withLock(join(cache, 'lock'), say, async () => {
    // Another run may have fetched everything while this one waited.
    if (fromCache(cache) === null) await fetchServers(java, cache, say);
    const fetched = fromCache(cache);
    if (fetched === null)
      throw new StackError(`The servers were fetched, but ${cache} does not hold them all.`);
    return fetched;
  });
}

function places(cache: string): { manifest: string; kafkaTemplate: string; registryFolder: string } {
  return {
    manifest: join(cache, `kafka-${kafkaVersion}.json`),
    kafkaTemplate: join(cache, `kafka-${kafkaVersion}-formatted`),
    registryFolder: join(cache, `apicurio-${apicurioVersion}`),
  };
}

function fromCache(cache: string): JavaServers | null {
  const { manifest, kafkaTemplate, registryFolder } = places(cache);
  if (![manifest, kafkaTemplate, registryFolder].every((path) => existsSync(path))) return null;
  const { jars } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
  // Maven's repository may have been cleared since.
  return jars.every((jar) => existsSync(jar)) ? { kafkaJars: jars, kafkaTemplate, registryFolder } : null;
}

async function fetchServers(java: string, cache: string, say: Say): Promise<void> {
  if (!(await hasMaven())) {
    throw new StackError(
      'Kafka and the schema registry have to be fetched once, and Maven ("mvn") is not installed. ' +
        `Install Maven beside Java ${leastJava}, or start Docker, or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL.`,
    );
  }
  const { manifest, kafkaTemplate, registryFolder } = places(cache);
  say(
    `fetching Kafka ${kafkaVersion} and Apicurio Registry ${apicurioVersion} (about 150 MB, only this once)`,
  );
  const jars = await resolveJars([kafka, slf4j], say);
  const kafkaJar = jars.find((jar) => jar.includes(`${kafka.artifactId}-${kafka.version}.jar`));
  if (kafkaJar === undefined) throw new StackError('Maven did not name the jar of Kafka.');
  if (!existsSync(registryFolder)) {
    const archive = await resolveArchive(apicurio, repositoryOf(kafkaJar, kafka), say);
    say('unpacking the registry');
    await makeAside(registryFolder, (folder) => run('tar', ['-xzf', archive, '-C', folder]));
  }
  if (!existsSync(kafkaTemplate)) {
    await makeAside(kafkaTemplate, (folder) => format(java, jars.join(delimiter), folder));
  }
  writeAside(manifest, JSON.stringify({ jars } satisfies Manifest));
}

/** Formats an empty log folder once; the copies differ in nothing but their place. */
async function format(java: string, classpath: string, folder: string): Promise<void> {
  const properties = join(folder, 'format.properties');
  writeFileSync(
    properties,
    [
      'process.roles=broker,controller',
      'node.id=1',
      // Formatting only writes the node's id and the feature levels; the ports of a run are named when it starts.
      'controller.quorum.voters=1@127.0.0.1:9093',
      'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
      'controller.listener.names=CONTROLLER',
      `log.dirs=${join(folder, 'log')}`,
    ].join('\n'),
  );
  const clusterId = 'ZGluZ2J1cy1sb2NhbC1zdA';
  const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties];
  await run(java, ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classpath, ...tool]);
}

/** Fills a folder beside its place and renames it, so that a folder in its place is always whole. */
async function makeAside(place: string, fill: (folder: string) => Promise<unknown>): Promise<void> {
  const aside = mkdtempSync(`${place}.new-`);
  try {
    await fill(aside);
    renameSync(aside, place);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function writeAside(path: string, text: string): void {
  const aside = `${path}.new-${process.pid}`;
  writeFileSync(aside, text);
  renameSync(aside, path);
}
