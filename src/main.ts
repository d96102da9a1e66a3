#!/usr/bin/env node
/**
 * The process's entry: makes sure of the right Node, then hands the command line to `cli/`. It imports nothing
 * statically, because an older Node could not even load the rest.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const neededMajor = 24;

if (Number(process.versions.node.split('.')[0]) >= neededMajor) {
  // Started by an older Node (below): when that process dies, however it dies, so do we.
  if (process.channel) {
    process.channel.unref();
    process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  }
  // Until the service takes these over there is nothing under way that an end could harm.
  if (process.argv.includes('run')) {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
  }
  // What is loaded stays alive, so that V8 would take much room for new objects at once; see `manageNewSpace`.
  setFlagsFromString('--semi-space-growth-factor=1');
  const { main } = await import('./cli/main.ts');
  const { prepareProcess } = await import('./cli/prepare-process.ts');
  prepareProcess();
  process.exitCode = await main(process.argv.slice(2));
} else {
  runOnOwnNode();
}

/** dingbus brings its Node along as a package; a machine's older one only starts it and passes signals on. */
function runOnOwnNode(): void {
  const candidates = ['../node_modules/node/bin/node', '../../node/bin/node'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const node = candidates.find((path) => existsSync(path));
  if (node === undefined) {
    process.stderr.write(
      `dingbus needs Node ${neededMajor} or newer; this is ${process.version}. Run "npm install" first.\n`,
    );
    process.exitCode = 2;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128);
  });
}
