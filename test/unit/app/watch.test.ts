import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadActive } from '../../../src/app/configuration.ts';
import { Current } from '../../../src/app/current.ts';
import { createConfigWatch } from '../../../src/app/watch.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Loop } from '../../../src/base/loop.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

const main = (watch: boolean): string => `
kafka: { brokers: 127.0.0.1:9092 }
dingtalk: { apps: { default: { app_key: key, app_secret: { file: secret }, agent_id: 1 } } }
results: { format: json }
topics: { orders: {} }
reload: { watch: ${String(watch)} }
`;
const route = (name: string): string =>
  `routes: [{ name: ${name}, on: orders, to: { userids: [u1] }, message: { text: { content: x } } }]\n`;

let folder: string;
let clock: FakeClock;
let current: Current;
let watch: Loop;
let attempts: boolean[];

/** Real files under a turned clock: what is tested is how files change, and when that counts. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dingbus-watch-'));
  clock = new FakeClock();
  attempts = [];
});
afterEach(async () => {
  await watch.stop();
  rmSync(folder, { recursive: true, force: true });
});

function writeConfig(into: string, watched = true): void {
  mkdirSync(join(into, 'routes'), { recursive: true });
  writeFileSync(join(into, 'dingbus.yaml'), main(watched));
  writeFileSync(join(into, 'routes/a.yaml'), route('first'));
  writeFileSync(join(into, 'secret'), 'one\n');
}

async function start(path = folder): Promise<void> {
  const load = () => loadActive({ path, env: {} }, clock.now());
  const loaded = load();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  current = new Current(loaded.active, load, () => clock.now());
  watch = createConfigWatch({
    current,
    clock,
    logger: silentLogger,
    onChange: () => {
      const outcome = current.reloadIfChanged();
      if (outcome !== null) attempts.push(outcome.loaded.ok);
    },
  });
  watch.start();
  await clock.advance(5_000);
  expect(attempts).toEqual([]);
}

const routes = (): string[] => current.active.config.routes.map(({ name }) => name);
const secret = (): string | undefined =>
  current.active.config.dingtalk.apps.get('default')?.appSecret.reveal();

describe('watching the configuration', () => {
  it('waits until a file that is being written is quiet', async () => {
    writeConfig(folder);
    await start();
    for (const name of ['second', 'the-third', 'fourth']) {
      writeFileSync(join(folder, 'routes/a.yaml'), route(name));
      await clock.advance(1_000);
    }
    expect(routes()).toEqual(['first']);
    await clock.advance(1_000);
    expect(routes()).toEqual(['fourth']);
    expect(attempts).toEqual([true]);
  });

  it('sees what an editor writes beside the file and renames', async () => {
    writeConfig(folder);
    await start();
    writeFileSync(join(folder, 'routes/.a.yaml.swp'), route('other'));
    renameSync(join(folder, 'routes/.a.yaml.swp'), join(folder, 'routes/a.yaml'));
    await clock.advance(2_000);
    expect(routes()).toEqual(['other']);
  });

  it('keeps the routes in force when their folder is away, and takes them again when it is back', async () => {
    writeConfig(folder);
    await start();
    rmSync(join(folder, 'routes'), { recursive: true });
    await clock.advance(2_000);
    expect(routes()).toEqual(['first']);
    const { lastReload } = current;
    expect(lastReload?.loaded.ok === false ? lastReload.loaded.faults : []).toContainEqual(
      expect.objectContaining({ code: 'no_routes', severity: 'error' }),
    );
    mkdirSync(join(folder, 'routes'));
    writeFileSync(join(folder, 'routes/a.yaml'), route('back'));
    await clock.advance(2_000);
    expect(routes()).toEqual(['back']);
    expect(attempts).toEqual([false, true]);
  });

  it('sees new and removed files of a glob', async () => {
    writeConfig(folder);
    await start();
    writeFileSync(join(folder, 'routes/b.yaml'), route('more'));
    await clock.advance(2_000);
    expect(routes()).toEqual(['first', 'more']);
    unlinkSync(join(folder, 'routes/a.yaml'));
    await clock.advance(2_000);
    expect(routes()).toEqual(['more']);
  });

  it('sees a replaced folder', async () => {
    writeConfig(folder);
    mkdirSync(join(folder, 'next'));
    writeFileSync(join(folder, 'next/c.yaml'), route('replaced'));
    await start();
    renameSync(join(folder, 'routes'), join(folder, 'old'));
    renameSync(join(folder, 'next'), join(folder, 'routes'));
    await clock.advance(2_000);
    expect(routes()).toEqual(['replaced']);
  });

  it('sees the swapped link of a mounted ConfigMap, more than once', async () => {
    const mount = join(folder, 'mount');
    const version = (name: string): void => {
      writeConfig(join(mount, `..${name}`));
      writeFileSync(join(mount, `..${name}`, 'routes/a.yaml'), route(name));
      symlinkSync(`..${name}`, join(mount, '..data_tmp'));
      renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
    };
    mkdirSync(mount);
    version('first');
    for (const name of ['dingbus.yaml', 'routes', 'secret']) symlinkSync(`..data/${name}`, join(mount, name));
    await start(mount);
    for (const name of ['monday', 'tuesday']) {
      version(name);
      await clock.advance(2_000);
      expect(routes()).toEqual([name]);
    }
    expect(attempts).toEqual([true, true]);
  });

  it('sees a secret that was exchanged', async () => {
    writeConfig(folder);
    await start();
    writeFileSync(join(folder, 'secret'), 'another\n');
    await clock.advance(2_000);
    expect(secret()).toBe('another');
  });

  it('does not reload what was only touched, replaced by the same, or left beside it by an editor', async () => {
    writeConfig(folder);
    await start();
    const { active } = current;
    utimesSync(join(folder, 'routes/a.yaml'), 1, 1);
    await clock.advance(2_000);
    writeFileSync(join(folder, 'same'), route('first'));
    renameSync(join(folder, 'same'), join(folder, 'routes/a.yaml'));
    await clock.advance(2_000);
    writeFileSync(join(folder, 'routes/a.yaml~'), route('backup'));
    await clock.advance(2_000);
    expect(attempts).toEqual([]);
    expect(current.active).toBe(active);
  });

  it('keeps the old configuration on a faulty save, tells it once, and takes the mended one', async () => {
    writeConfig(folder);
    await start();
    const { hash } = current.active.config;
    writeFileSync(join(folder, 'routes/a.yaml'), 'routes: [{ name: half');
    await clock.advance(10_000);
    expect(attempts).toEqual([false]);
    expect(current.active.config.hash).toBe(hash);
    expect(current.lastReload?.loaded.ok).toBe(false);
    writeFileSync(join(folder, 'routes/a.yaml'), route('whole'));
    await clock.advance(2_000);
    expect(routes()).toEqual(['whole']);
    expect(attempts).toEqual([false, true]);
  });

  it('takes a configuration that comes back after it was away', async () => {
    writeConfig(folder);
    await start();
    renameSync(join(folder, 'dingbus.yaml'), join(folder, 'away.yaml'));
    await clock.advance(3_000);
    expect(attempts).toEqual([false]);
    writeFileSync(join(folder, 'routes/a.yaml'), route('meanwhile'));
    renameSync(join(folder, 'away.yaml'), join(folder, 'dingbus.yaml'));
    await clock.advance(2_000);
    expect(routes()).toEqual(['meanwhile']);
  });

  it('is off by default, and a reload turns it on', async () => {
    writeConfig(folder, false);
    await start();
    writeFileSync(join(folder, 'routes/a.yaml'), route('unseen'));
    await clock.advance(5_000);
    expect(routes()).toEqual(['first']);
    writeFileSync(join(folder, 'dingbus.yaml'), main(true));
    current.reload();
    writeFileSync(join(folder, 'routes/a.yaml'), route('now-seen'));
    await clock.advance(2_000);
    expect(routes()).toEqual(['now-seen']);
  });
});
