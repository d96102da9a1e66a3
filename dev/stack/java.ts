import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Both servers need at least this version of Java. */
export const leastJava = 17;

/** The `java` command (from JAVA_HOME, else from PATH) when it is new enough, else null. */
export async function findJava(env: NodeJS.ProcessEnv): Promise<string | null> {
  const home = env['JAVA_HOME'];
  const candidates = home === undefined || home === '' ? ['java'] : [join(home, 'bin', 'java'), 'java'];
  for (const java of candidates) {
    const version = await javaVersion(java, env);
    if (version !== null && version >= leastJava) return java;
  }
  return null;
}

async function javaVersion(java: string, env: NodeJS.ProcessEnv): Promise<number | null> {
  try {
    const { stdout, stderr } = await run(java, ['-version'], { env });
    const found = /version "(\d+)/.exec(stdout + stderr);
    return found === null ? null : Number(found[1]);
  } catch {
    return null;
  }
}

/** What a Java says of itself, down to its build. */
export async function javaBuild(java: string): Promise<string> {
  const { stdout, stderr } = await run(java, ['-version']);
  return stdout + stderr;
}

/** Whether Maven can be called; only asked when something has to be downloaded. */
export async function hasMaven(): Promise<boolean> {
  try {
    await run('mvn', ['--version']);
    return true;
  } catch {
    return false;
  }
}
