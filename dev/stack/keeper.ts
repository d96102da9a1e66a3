/**
 * A small process that owns the servers of one run. It is started apart from the terminal (so that Ctrl-C reaches
 * the servers only after their user has drained), hears its user over an IPC channel, and when that channel closes,
 * for whatever reason (`kill -9` of the user included), it stops every server and removes the run's data.
 * It must never outlive its servers nor leave one behind.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { sendSignal } from './processes.ts';
import type { Order, Report, ServerOrder, StopSignal } from './keeper-protocol.ts';
import { discardData, noteServers } from './run-folder.ts';

interface Kept {
  readonly pid: number;
  readonly signal: StopSignal;
  readonly ended: Promise<void>;
}

/** How long a server may take to end by itself once its user is gone, in milliseconds. */
const finalGraceMs = 4_000;

const folder = process.argv[2];
if (folder === undefined) throw new Error('The keeper needs the folder of its run.');
const kept = new Map<string, Kept>();
let ending = false;

function tell(report: Report): void {
  // The channel may close between the check and the write; then nobody is left to be told.
  if (process.connected) process.send?.(report, undefined, undefined, () => undefined);
}

function note(): void {
  noteServers(
    runFolder(),
    [...kept].map(([name, { pid }]) => ({ name, pid })),
  );
}

function runFolder(): string {
  return folder ?? '';
}

function start(order: ServerOrder): void {
  const log = openSync(order.log, 'a');
  const child = spawn(order.command, order.args, {
    cwd: order.cwd,
    stdio: ['ignore', log, log],
    detached: true,
    ...order.owner,
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      tell({ did: 'failed', name: order.name, reason: error.message });
      resolve();
    });
    child.once('exit', (code, signal) => {
      kept.delete(order.name);
      note();
      tell({ did: 'exited', name: order.name, code, signal });
      resolve();
    });
  });
  if (child.pid === undefined) return;
  kept.set(order.name, { pid: child.pid, signal: order.signal, ended });
  note();
  tell({ did: 'spawned', name: order.name, pid: child.pid });
}

async function stop(name: string, graceMs: number): Promise<void> {
  const server = kept.get(name);
  if (server === undefined) return;
  if (graceMs > 0) {
    sendSignal(server.pid, server.signal);
    const late = setTimeout(() => {
      sendSignal(server.pid, 'SIGKILL');
    }, graceMs);
    await server.ended;
    clearTimeout(late);
    return;
  }
  sendSignal(server.pid, 'SIGKILL');
  await server.ended;
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await Promise.all([...kept.keys()].map((name) => stop(name, finalGraceMs)));
  discardData(runFolder());
  process.exit(0);
}

process.on('message', (order: Order) => {
  if (order.do === 'spawn') start(order.server);
  else if (order.do === 'stop') void stop(order.name, order.graceMs);
  else void end();
});
process.on('disconnect', () => void end());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());
