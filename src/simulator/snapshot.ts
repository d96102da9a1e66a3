import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DingbusError, messageOf } from '../base/errors.ts';
import type { Medium } from './media-store.ts';
import type { Task } from './task.ts';
import type { World } from './world.ts';

/** A snapshot that is there and cannot be read: going on without it would forget what was promised to be kept. */
export class SnapshotError extends DingbusError {
  readonly code = 'simulator_snapshot';
}

/** The first line of the file; every further line is a task. */
interface Head {
  readonly version: number;
  readonly clockOffsetMs: number;
  readonly tokens: ReturnType<World['tokens']['save']>;
  readonly throttle: ReturnType<World['throttle']['save']>;
  readonly quotas: ReturnType<World['quotas']['save']>;
  readonly tasks: ReturnType<World['tasks']['save']>;
  readonly media: readonly (Omit<Medium, 'content'> & { readonly content: string | null })[];
}

type SavedTask = Omit<Task, 'reads'> & { readonly reads: readonly (readonly [string, number])[] | null };

/** Writes everything that a restart must not forget; the file is replaced in one step. */
export async function saveSnapshot(world: World, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  await pipeline(Readable.from(lines(world)), createWriteStream(temporary));
  await rename(temporary, path);
}

function* lines(world: World): Generator<string> {
  const head: Head = {
    version: 1,
    clockOffsetMs: world.clock.offsetMs,
    tokens: world.tokens.save(),
    throttle: world.throttle.save(),
    quotas: world.quotas.save(),
    tasks: world.tasks.save(),
    media: world.media
      .all()
      .filter(({ bytes }) => bytes !== null)
      .map((medium) => ({ ...medium, content: medium.content?.toString('base64') ?? null })),
  };
  yield JSON.stringify(head) + '\n';
  for (const task of world.tasks.all()) {
    const saved: SavedTask = { ...task, reads: task.reads === null ? null : [...task.reads] };
    yield JSON.stringify(saved) + '\n';
  }
}

/** Reads a snapshot; false when there is none. Throws `SnapshotError` when it cannot be read. */
export async function loadSnapshot(world: World, path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  let head = true;
  try {
    for await (const line of createInterface({
      input: createReadStream(path),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      if (head) loadHead(world, JSON.parse(line) as Head);
      else loadTask(world, JSON.parse(line) as SavedTask);
      head = false;
    }
  } catch (cause) {
    throw new SnapshotError(`cannot read the snapshot ${path}: ${messageOf(cause)}`, { cause });
  }
  return !head;
}

function loadHead(world: World, head: Head): void {
  if (head.version !== 1) throw new SnapshotError('the snapshot was written by another version');
  world.clock.offsetMs = head.clockOffsetMs;
  world.tokens.load(head.tokens);
  world.throttle.load(head.throttle);
  world.quotas.load(head.quotas);
  world.tasks.load(head.tasks);
  const media = head.media.map((medium) => ({
    ...medium,
    content: medium.content === null ? null : Buffer.from(medium.content, 'base64'),
  }));
  world.media.load(media);
}

function loadTask(world: World, saved: SavedTask): void {
  world.tasks.add({ ...saved, reads: saved.reads === null ? null : new Map(saved.reads) });
}
