import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { StackError } from './errors.ts';
import type { Say } from './say.ts';

export interface Artifact {
  readonly groupId: string;
  readonly artifactId: string;
  readonly version: string;
}

export interface Archive extends Artifact {
  readonly type: string;
  readonly classifier: string;
}

/** The version that Maven 3 itself defaults to; newer ones refuse an archive whose parent POM cannot be read. */
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:2.8';

/** A line of progress appears at least this often while Maven works, in milliseconds. */
const speakEveryMs = 3_000;

/** Resolves jars and all that they depend on into Maven's local repository and gives the paths of all of them. */
export async function resolveJars(artifacts: readonly Artifact[], say: Say): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dingbus-maven-'));
  try {
    writeFileSync(join(folder, 'pom.xml'), pom(artifacts));
    await maven(folder, [`${plugin}:build-classpath`, '-Dmdep.outputFile=files.txt'], say);
    return readFileSync(join(folder, 'files.txt'), 'utf8').trim().split(delimiter);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Brings one archive into Maven's local repository and gives its path. It is asked for by `get`, because the other
 * goals insist on reading its POM, whose parent was never published.
 */
export async function resolveArchive(archive: Archive, repository: string, say: Say): Promise<string> {
  const { groupId, artifactId, version, type, classifier } = archive;
  const name = [groupId, artifactId, version, type, classifier].join(':');
  await maven(tmpdir(), [`${plugin}:get`, `-Dartifact=${name}`, '-Dtransitive=false'], say);
  return join(
    repository,
    ...groupId.split('.'),
    artifactId,
    version,
    `${artifactId}-${version}-${classifier}.${type}`,
  );
}

/** The root of the local repository that a resolved jar lies in. */
export function repositoryOf(jar: string, artifact: Artifact): string {
  const inside = join(...artifact.groupId.split('.'), artifact.artifactId, artifact.version);
  const at = jar.indexOf(inside);
  if (at < 0) throw new StackError(`Maven put ${artifact.artifactId} in an unexpected place: ${jar}`);
  return jar.slice(0, at);
}

function pom(artifacts: readonly Artifact[]): string {
  const dependencies = artifacts.map(
    (artifact) =>
      `<dependency><groupId>${artifact.groupId}</groupId><artifactId>${artifact.artifactId}</artifactId>` +
      `<version>${artifact.version}</version></dependency>`,
  );
  return (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
    '<groupId>local</groupId><artifactId>stack</artifactId><version>1</version><packaging>pom</packaging>' +
    `<dependencies>${dependencies.join('')}</dependencies></project>`
  );
}

function maven(folder: string, args: readonly string[], say: Say): Promise<void> {
  // Not in batch mode: only then Maven tells how far a large file has come.
  const child = spawn('mvn', ['-Dstyle.color=never', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const startedMs = Date.now();
  let files = 0;
  let transfer = '';
  let tail = '';
  const hear = (chunk: Buffer): void => {
    const text = chunk.toString();
    files += text.match(/Downloaded from/g)?.length ?? 0;
    transfer = text.match(/Progress \([^)]*\): [^\r\n]*?B(?=\s)/g)?.at(-1) ?? transfer;
    tail = (tail + text).slice(-4_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    say(
      `  ${seconds} s, ${files} files fetched${transfer === '' ? '' : `, ${transfer.replace(/^Progress \S+ /, '')}`}`,
    );
  }, speakEveryMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(timer);
      if (code === 0) resolve();
      else reject(new StackError(`Maven could not fetch the servers. Its last words:\n${lastErrors(tail)}`));
    });
  });
}

function lastErrors(output: string): string {
  const errors = output.split('\n').filter((line) => line.startsWith('[ERROR]'));
  return (errors.length > 0 ? errors.slice(0, 6) : output.split('\n').slice(-10)).join('\n');
}
