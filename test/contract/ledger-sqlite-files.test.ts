import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
  truncateSync,
  statSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { tellFinal } from '../../src/ledger/lifecycle/tell.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { anyNotification } from '../../src/ledger/views.ts';
import { aNotification, noon } from '../fakes/builders.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { mountSmallDisk } from '../fakes/small-disk.ts';
import { startProcess } from './ledger/processes.ts';
import { insert, waiting } from './ledger/samples.ts';

let folder: string;
let path: string;
const clock = new FakeClock();
const opened: Ledger[] = [];

async function open(overrides: { path?: string; readOnly?: boolean } = {}): Promise<Ledger> {
  const ledger = await openLedger({
    store: `sqlite:${overrides.path ?? path}`,
    instance: `i${opened.length}`,
    description: 'the first process',
    clock,
    logger: silentLogger,
    leaseMs: null,
    readOnly: overrides.readOnly ?? false,
  });
  opened.push(ledger);
  return ledger;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dingbus-files-'));
  path = join(folder, 'ledger.db');
});

afterEach(async () => {
  for (const ledger of opened.splice(0)) await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('two processes on one file', () => {
  it('lets only the first in and names it', async () => {
    const child = startProcess(`sqlite:${path}`, 'hold', 'A');
    try {
      await child.saying(1);
      await expect(open()).rejects.toMatchObject({
        code: 'ledger_in_use',
        message: expect.stringContaining('child A') as string,
      });
      const looking = await open({ readOnly: true });
      expect(await looking.read((tx) => tx.pendingCount())).toBe(0);
    } finally {
      await child.kill();
    }
  });

  it('lets the next in as soon as the first was killed', async () => {
    const child = startProcess(`sqlite:${path}`, 'hold', 'A');
    await child.saying(1);
    await child.kill();
    const ledger = await open();
    expect(ledger.health().ok).toBe(true);
  });

  it('keeps two ledgers of one process apart as well, and lets go of the file when closed', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ code: 'ledger_in_use' });
    await first.close();
    opened.splice(0);
    await open();
  });
});

describe('a file that cannot be a ledger', () => {
  it('makes the folder when it is missing', async () => {
    const ledger = await open({ path: join(folder, 'a', 'b', 'ledger.db') });
    expect(ledger.health()).toEqual({ ok: true, reason: null });
  });

  it('is told from a ledger', async () => {
    writeFileSync(path, 'this is a text and no database at all, however long it may be '.repeat(20));
    await expect(open()).rejects.toMatchObject({ code: 'ledger_corrupt' });
    expect(statSync(path).size).toBeGreaterThan(1000);
  });

  it('is noticed when it was damaged', async () => {
    const ledger = await open();
    await waiting(ledger, 200, () => ({ text: 'x'.repeat(2000) }));
    await ledger.close();
    opened.splice(0);
    const file = openSync(path, 'r+');
    // Pages in the middle, as a bad disk would leave them.
    writeSync(file, Buffer.alloc(40_000, 0xee), 0, 40_000, 16_384);
    closeSync(file);
    await expect(open()).rejects.toMatchObject({ code: 'ledger_corrupt' });
  });

  it('is noticed when its end is missing', async () => {
    const ledger = await open();
    await waiting(ledger, 200, () => ({ text: 'x'.repeat(2000) }));
    await ledger.close();
    opened.splice(0);
    truncateSync(path, Math.floor(statSync(path).size / 2));
    await expect(open()).rejects.toMatchObject({ code: 'ledger_corrupt' });
  });

  it('may be a folder, or lie in a file', async () => {
    mkdirSync(path);
    await expect(open()).rejects.toMatchObject({ code: 'ledger_open' });
    writeFileSync(join(folder, 'file'), '');
    await expect(open({ path: join(folder, 'file', 'ledger.db') })).rejects.toMatchObject({
      code: 'ledger_open',
    });
  });

  it('is missing for a process that only looks', async () => {
    await expect(open({ readOnly: true })).rejects.toMatchObject({ code: 'ledger_open' });
    writeFileSync(path, '');
    await expect(open({ readOnly: true })).rejects.toMatchObject({ code: 'ledger_open' });
  });

  it('is refused when a newer program wrote it, unless that says that older ones may go on', async () => {
    await (await open()).close();
    opened.splice(0);
    const newer = (compatible: number): void => {
      const db = new DatabaseSync(path);
      db.exec(`INSERT OR REPLACE INTO ledger_versions VALUES (99, ${compatible}, 0)`);
      db.close();
    };
    newer(1);
    await (await open()).close();
    opened.splice(0);
    newer(99);
    await expect(open()).rejects.toMatchObject({
      code: 'ledger_version',
      message: expect.stringContaining('newer dingbus') as string,
    });
    await expect(open({ readOnly: true })).rejects.toMatchObject({ code: 'ledger_version' });
  });

  it('is refused when the store has no name that is known', async () => {
    const store = (text: string) =>
      openLedger({
        store: text,
        instance: 'i',
        description: '',
        clock,
        logger: silentLogger,
        leaseMs: null,
        readOnly: false,
      });
    await expect(store('sqlite:')).rejects.toMatchObject({ code: 'ledger_open' });
    await expect(store('mysql://user:geheim@host/db')).rejects.toThrow(/^(?!.*geheim)/);
  });
});

describe('a disk that cannot be written', () => {
  it('is named when it is read-only, and nothing starts', async (context) => {
    const disk = mountSmallDisk(join(folder, 'disk'), '8m');
    if (disk === null) return context.skip();
    try {
      const there = join(disk, 'ledger.db');
      await (await open({ path: there })).close();
      opened.splice(0);
      execFileSync('mount', ['-o', 'remount,ro', disk]);
      await expect(open({ path: there })).rejects.toMatchObject({ code: 'ledger_read_only' });
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('loses nothing when it is full, and goes on when there is room', async (context) => {
    const disk = mountSmallDisk(join(folder, 'disk'), '6m');
    if (disk === null) return context.skip();
    const ballast = join(disk, 'ballast');
    try {
      const ledger = await open({ path: join(disk, 'ledger.db') });
      const [kept] = await waiting(ledger, 1);
      writeFileSync(ballast, Buffer.alloc(5_000_000));
      const filling = async (): Promise<void> => {
        for (let round = 0; ; round++) {
          await waiting(ledger, 50, (index) => ({ route: `r-${round}-${index}`, text: 'x'.repeat(1500) }));
        }
      };
      await expect(filling()).rejects.toMatchObject({ code: 'ledger_unavailable', retry: 'backoff' });
      expect(ledger.health()).toMatchObject({ ok: false });
      expect(await ledger.read((tx) => tx.notifications([kept?.id ?? '']))).toHaveLength(1);
      rmSync(ballast);
      await ledger.heartbeat();
      expect(ledger.health()).toEqual({ ok: true, reason: null });
      const after = await waiting(ledger, 10, (index) => ({ route: `after-${index}` }));
      expect(await ledger.read((tx) => tx.notifications(after.map((each) => each.id)))).toHaveLength(10);
      await ledger.close();
      opened.splice(0);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

it('finds notifications of earlier versions, which do not say what was told last, by their end', async () => {
  const { notification } = tellFinal(aNotification(), { status: 'failed', reason: 'rejected' }, noon);
  await (await open()).write((tx) => insert(tx, [notification]));
  await opened.pop()?.close();
  const file = new DatabaseSync(path);
  file.exec(`UPDATE notifications
    SET progress = replace(progress, '"toldStatus":"failed","toldReason":"rejected",', '')`);
  file.close();

  const ledger = await open();
  const find = async (filter: object): Promise<number> =>
    (
      await ledger.view((views) =>
        views.notifications({ ...anyNotification, ...filter }, { limit: 10, cursor: null }),
      )
    ).items.length;
  expect(await find({ toldStatus: 'failed', toldReason: 'rejected' })).toBe(1);
  expect(await find({ toldStatus: 'delivered' })).toBe(0);
  const [kept] = await ledger.read((tx) => tx.notifications([notification.id]));
  expect(kept).toStrictEqual(notification);
});
