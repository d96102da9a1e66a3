import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../src/base/collect-garbage.ts';
import { Bench, type Json } from './harness.ts';

const mebibyte = 1_048_576;

async function upload(bench: Bench, type: string, name: string, bytes: number): Promise<Json> {
  const form = new FormData();
  form.append('media', new Blob([new Uint8Array(bytes).fill(7)]), name);
  const url = `${bench.simulator.url}/media/upload?access_token=${bench.token}&type=${type}`;
  return (await (await fetch(url, { method: 'POST', body: form })).json()) as Json;
}

/** Bytes in buffers that somebody still holds; V8 frees those of dead buffers on a thread of its own, soon after the collection. */
function bytesHeld(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Streams a form with one file of so many bytes, without ever holding it. */
function stream(bench: Bench, bytes: number): Promise<Json> {
  const head = '--b\r\nContent-Disposition: form-data; name="media"; filename="big.zip"\r\n\r\n';
  return new Promise((resolve, reject) => {
    const call = request(
      `${bench.simulator.url}/media/upload?access_token=${bench.token}&type=file`,
      { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=b' } },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => {
          resolve(JSON.parse(text) as Json);
        });
      },
    );
    call.on('error', reject);
    call.write(head);
    // Bytes that look like the beginning of a boundary, so that the search for it is put to the test.
    const chunk = Buffer.alloc(65_536, '\r\n--');
    let left = bytes;
    const more = (): void => {
      while (left > 0) {
        const size = Math.min(left, chunk.length);
        left -= size;
        if (!call.write(chunk.subarray(0, size))) {
          call.once('drain', more);
          return;
        }
      }
      call.end('\r\n--b--\r\n');
    };
    more();
  });
}

describe('uploads', () => {
  it('gives a media id that messages may use', async () => {
    const bench = await Bench.start();
    const uploaded = await upload(bench, 'image', '标志.PNG', 100);
    expect(uploaded).toMatchObject({ errcode: 0, type: 'image', created_at: bench.control.now() });
    expect(uploaded['media_id']).toMatch(/^@/);
    const msg = { msgtype: 'image', image: { media_id: uploaded['media_id'] } };
    expect(await bench.send({ userid_list: 'zhangsan', msg })).toMatchObject({ errcode: 0 });
    expect(bench.control.media().at(-1)).toMatchObject({ fileName: '标志.PNG', bytes: 100 });
    expect(bench.control.calls('media')[0]?.parameters['media']).toEqual({
      fileName: '标志.PNG',
      bytes: 100,
    });
    const shown = await fetch(
      `${bench.simulator.url}/_sim/media/${encodeURIComponent(String(uploaded['media_id']))}`,
    );
    expect((await shown.arrayBuffer()).byteLength).toBe(100);
  });

  it('takes the way of the documentation: token and type in the form', async () => {
    const bench = await Bench.start();
    const form = new FormData();
    form.append('access_token', bench.token);
    form.append('type', 'voice');
    form.append('media', new Blob(['#!AMR']), 'a.amr');
    const answer = await fetch(`${bench.simulator.url}/media/upload`, { method: 'POST', body: form });
    expect(await answer.json()).toMatchObject({ errcode: 0, type: 'voice' });
    expect(bench.control.violations({ advice: true })).toEqual([]);
  });

  it.each([
    ['an unknown type', 'audio', 'a.mp3', 10, 40004],
    ['a format of another type', 'image', 'a.pdf', 10, 40005],
    ['no format', 'file', 'noextension', 10, 40005],
    ['a voice of more than 2 MB', 'voice', 'a.mp3', 2 * mebibyte + 1, 40006],
    ['an empty file', 'file', 'a.pdf', 0, 44001],
  ])('refuses %s', async (_name, type, name, bytes, code) => {
    const bench = await Bench.start();
    expect(await upload(bench, type, name, bytes)).toMatchObject({ errcode: code });
  });

  it('refuses what is no multipart form, and a form without the file', async () => {
    const bench = await Bench.start();
    const path = `/media/upload?access_token=${bench.token}&type=image`;
    const json = await fetch(bench.simulator.url + path, { method: 'POST', body: '{}' });
    expect(await json.json()).toMatchObject({ errcode: 43008 });
    const form = new FormData();
    form.append('file', new Blob(['x']), 'a.png');
    const empty = await fetch(bench.simulator.url + path, { method: 'POST', body: form });
    expect(await empty.json()).toMatchObject({ errcode: 41005 });
  });

  it('answers token errors bare', async () => {
    const bench = await Bench.start();
    const form = new FormData();
    form.append('media', new Blob(['x']), 'a.png');
    const url = `${bench.simulator.url}/media/upload?access_token=wrong&type=image`;
    const answer = await fetch(url, { method: 'POST', body: form });
    expect(await answer.json()).toMatchObject({ errcode: 40014 });
  });

  it('takes 20 MB as a stream without keeping it, and refuses a byte more', async () => {
    const bench = await Bench.start();
    const before = bytesHeld();
    expect(await stream(bench, 20 * mebibyte)).toMatchObject({ errcode: 0, type: 'file' });
    expect(bench.control.media().at(-1)?.bytes).toBe(20 * mebibyte);
    await expect.poll(() => bytesHeld() - before, { timeout: 10_000 }).toBeLessThan(2 * mebibyte);
    expect(await stream(bench, 20 * mebibyte + 1)).toMatchObject({ errcode: 40006 });
  });

  it('lets a file of more than 10 MB be uploaded, and not be sent', async () => {
    const bench = await Bench.start();
    const big = await stream(bench, 11 * mebibyte);
    const msg = { msgtype: 'file', file: { media_id: big['media_id'] } };
    expect(await bench.send({ userid_list: 'zhangsan', msg })).toMatchObject({ errcode: 40006 });
    bench.control.setLimits({ fileInMessageBytes: 20 * mebibyte });
    expect(await bench.send({ userid_list: 'zhangsan', msg })).toMatchObject({ errcode: 0 });
  });
});
