/**
 * Java spends most of a server's start on loading classes. It can write down what a first run loaded and map that
 * file into memory ever after (class data sharing), which halves the time: tests start and restart servers often.
 */
import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { JavaServers } from './artifacts.ts';
import { cacheFolder } from './cache-folder.ts';
import { javaBuild } from './java.ts';
import type { JavaServer } from './java-server.ts';
import { kafkaServer } from './kafka.ts';
import { KeeperClient } from './keeper-client.ts';
import { withLock } from './lock.ts';
import { registryServer } from './registry.ts';
import { createRunFolder } from './run-folder.ts';
import type { Say } from './say.ts';
import { apicurioVersion, kafkaVersion } from './versions.ts';

/** Options for `java` that make each server use what was recorded; empty where recording gave nothing. */
export interface ClassArchives {
  readonly kafka: readonly string[];
  readonly registry: readonly string[];
}

/** Writing the file takes some seconds at the server's end, far more on a busy machine; in milliseconds. */
const recordGraceMs = 120_000;

/** Gives the options for the archives of this Java; the first call with a Java records them. */
export async function classArchives(java: string, files: JavaServers, say: Say): Promise<ClassArchives> {
  const cache = cacheFolder();
  // An archive fits exactly one build of Java and one set of jars.
  const build = createHash('sha256')
    .update(await javaBuild(java))
    .update(files.kafkaJars.join('\n'))
    .digest('hex')
    .slice(0, 12);
  const kafka = join(cache, `kafka-${kafkaVersion}-${build}.jsa`);
  const registry = join(cache, `apicurio-${apicurioVersion}-${build}.jsa`);
  if (!existsSync(kafka) || !existsSync(registry)) {
    await withLock(join(cache, `classes-${build}.lock`), say, async () => {
      if (existsSync(kafka) && existsSync(registry)) return;
      say('preparing quick starts (only this once)');
      await record(java, files, kafka, registry, say);
    });
  }
  return { kafka: use(kafka), registry: use(registry) };
}

async function record(
  java: string,
  files: JavaServers,
  kafka: string,
  registry: string,
  say: Say,
): Promise<void> {
  const keeper = new KeeperClient(createRunFolder());
  try {
    const into = (archive: string): string[] => [`-XX:ArchiveClassesAtExit=${archive}.new`];
    const servers = [
      { archive: kafka, ...(await kafkaServer(keeper, java, files, into(kafka))) },
      { archive: registry, ...(await registryServer(keeper, java, files, into(registry))) },
    ];
    await Promise.all(
      servers.map(async ({ server, archive }) => {
        await recordOne(server, archive);
        say(`  ${basename(archive)} is written`);
      }),
    );
  } finally {
    await keeper.end();
  }
}

async function recordOne(server: JavaServer, archive: string): Promise<void> {
  rmSync(`${archive}.new`, { force: true });
  await server.start();
  await server.stop(recordGraceMs);
  // A Java without this ability writes nothing; the empty file says that it was tried.
  if (!existsSync(`${archive}.new`)) writeFileSync(`${archive}.new`, '');
  renameSync(`${archive}.new`, archive);
}

function use(archive: string): string[] {
  return statSync(archive).size > 0 ? [`-XX:SharedArchiveFile=${archive}`] : [];
}
