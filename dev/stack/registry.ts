import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JavaServers } from './artifacts.ts';
import { JavaServer } from './java-server.ts';
import type { KeeperClient } from './keeper-client.ts';
import { freePort } from './ports.ts';
import { registryAnswers } from './probes.ts';
import { apicurioVersion } from './versions.ts';

/** Apicurio speaks the Confluent schema registry's API under this path. */
export const confluentPath = '/apis/ccompat/v7';

/** One schema registry that keeps its schemas in a file, so that they survive a restart; not yet started. */
export async function registryServer(
  keeper: KeeperClient,
  java: string,
  files: JavaServers,
  options: readonly string[],
): Promise<{ server: JavaServer; url: string }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}${confluentPath}`;
  const data = join(keeper.folder, 'data', 'registry');
  mkdirSync(data, { recursive: true });
  const server = new JavaServer(keeper, {
    name: 'registry',
    java,
    args: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      ...options,
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      '-Dquarkus.banner.enabled=false',
      '-Dapicurio.storage.kind=sql',
      // WRITE_DELAY=0: what was registered is on disk, so that a registry killed right after still has it.
      `-Dapicurio.datasource.url=jdbc:h2:file:${join(data, 'schemas')};WRITE_DELAY=0`,
      '-jar',
      join(files.registryFolder, `apicurio-registry-app-${apicurioVersion}-runner.jar`),
    ],
    cwd: data,
    log: join(keeper.folder, 'logs', 'registry.log'),
    answers: () => registryAnswers(url),
  });
  return { server, url };
}
