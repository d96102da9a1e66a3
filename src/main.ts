#!/usr/bin/env node
/**
 * The process's entry: makes sure of the right Node with the right flags, then hands the command line to `cli/`. It imports
 * nothing statically, because an older Node could not even load the rest.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
/**
 * V8 doubles the room for new objects while a replay runs and keeps it, some 80 MB, though a replay has no use for it: with
 * this its memory is flat. V8 takes no other size once it runs.
 */
const steadyHeap = ['--min-semi-space-size=8', '--max-semi-space-size=8'];

const flags = process.argv.includes('replay') ? steadyHeap : [];

if (Number(process.versions.node.split('.')[0]) < neededMajor) {
  const own = ownNode();
  if (own === null) {
    process.stderr.write(
      `dingbus needs Node ${neededMajor} or newer; this is ${process.version}. Run "npm install" first.\n`,
    );
    process.exitCode = 2;
  } else startAgain(own);
} else if (flags.some((flag) => !process.execArgv.includes(flag))) {
  startAgain(process.execPath);
} else {
  // Started by another Node (below): when that process dies, however it dies, so do we.
  if (process.channel) {
    process.channel.unref();
    process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  }
  // Until the service takes these over there is nothing under way that an end could harm.
  if (process.argv.includes('run')) {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
  }
  const { main } = await import('./cli/main.ts');
  const { tolerateClosedOutput } = await import('./cli/closed-output.ts');
  tolerateClosedOutput([process.stdout, process.stderr]);
  process.exitCode = await main(process.argv.slice(2));
}

/** dingbus brings its Node along as a package, for machines that have an older one. */
function ownNode(): string | null {
  const candidates = ['../node_modules/node/bin/node', '../../node/bin/node'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** Runs the same command line under that Node; this process only passes signals on, and the exit code back. */
function startAgain(node: string): void {
  const args = [...process.execArgv, ...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128);
  });
}
