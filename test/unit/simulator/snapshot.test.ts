import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { Bench, text } from './harness.ts';

const folders: string[] = [];

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'dingbus-simulator-'));
  folders.push(made);
  return made;
}

afterEach(async () => {
  for (const made of folders.splice(0)) await rm(made, { recursive: true });
});

describe('a restart with a snapshot', () => {
  it('keeps tokens, tasks, inboxes, reading, uploads, counts and the clock', async () => {
    const snapshot = join(await folder(), 'state', 'simulator.jsonl');
    const limits = { messagesPerUserPerDay: 2 };
    const before = await Bench.start({ snapshot, limits });
    before.control.advance(5_000);
    const sent = await before.send({ userid_list: 'zhangsan,lisi' });
    await before.send({ userid_list: 'lisi', msg: text('second') });
    await before.recall(sent['task_id']);
    before.control.markRead('lisi', String(sent['task_id']));
    const form = new FormData();
    form.append('media', new Blob(['x']), 'a.png');
    const url = `${before.simulator.url}/media/upload?access_token=${before.token}&type=image`;
    const uploaded = (await (await fetch(url, { method: 'POST', body: form })).json()) as {
      media_id: string;
    };
    const inbox = before.control.inbox('lisi');
    const now = before.control.now();
    await before.stop();
    expect(await readdir(join(snapshot, '..'))).toEqual(['simulator.jsonl']);

    const after = await Bench.start({ snapshot, limits });
    expect(after.token).toBe(before.token);
    expect(after.control.now()).toBe(now);
    expect(after.control.inbox('lisi')).toEqual(inbox);
    expect(await after.progress(sent['task_id'])).toMatchObject({ errcode: 0 });
    const third = await after.send({ userid_list: 'lisi', msg: text('third') });
    expect(third['task_id']).toBe(Number(sent['task_id']) + 2);
    expect(after.control.task(String(third['task_id']))?.forbidden).toMatchObject([{ code: '143105' }]);
    const again = await after.send({ userid_list: 'zhangsan' });
    expect(after.control.task(String(again['task_id']))?.forbidden).toMatchObject([{ code: '143106' }]);
    const msg = { msgtype: 'image', image: { media_id: uploaded.media_id } };
    expect(await after.send({ userid_list: 'hechao', msg })).toMatchObject({ errcode: 0 });
    expect(after.control.stats().callsThisMonth).toBe(8);
  });

  it('begins anew without a file, and refuses to begin with a broken one', async () => {
    const path = join(await folder(), 'simulator.jsonl');
    await (await startSimulator({ snapshot: path })).stop();
    await writeFile(path, '{"version":');
    await expect(startSimulator({ snapshot: path })).rejects.toMatchObject({ code: 'simulator_snapshot' });
  });
});
