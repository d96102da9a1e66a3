import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { Secret } from '../../../src/base/sensitive.ts';
import { createDingTalkClient } from '../../../src/dingtalk/client.ts';
import type { DingTalkClient, MediaSource } from '../../../src/dingtalk/client-types.ts';
import { mediaLimits } from '../../../src/dingtalk/limits.ts';

const mebibyte = 1_048_576;
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Service {
  readonly url: string;
  readonly uploads: {
    readonly url: string;
    readonly headers: NodeJS.Dict<string | string[]>;
    readonly body: Buffer;
  }[];
  /** What uploads are answered with, in turn. */
  readonly answers: object[];
}

async function service(): Promise<Service> {
  const made: Service = { url: '', uploads: [], answers: [] };
  const server: Server = createServer((request, response) => {
    if (request.url?.startsWith('/gettoken') === true) {
      response.end('{"errcode":0,"access_token":"t","expires_in":7200}');
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      made.uploads.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
      response.end(
        JSON.stringify(
          made.answers.shift() ?? {
            errcode: 0,
            errmsg: 'ok',
            type: 'image',
            media_id: '@lAL',
            created_at: 1605863153573,
          },
        ),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return Object.assign(made, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function clientOf(baseUrl: string): DingTalkClient {
  const client = createDingTalkClient({
    baseUrl,
    app: { name: 'a', appKey: 'k', appSecret: new Secret('s'), agentId: 1 },
    clock: systemClock,
  });
  open.push(() => client.close());
  return client;
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dingbus-upload-'));
  open.push(() => rm(path, { recursive: true }));
  return path;
}

/** The content of the one part named `media`. */
function partOf(upload: Service['uploads'][number] | undefined): {
  readonly head: string;
  readonly content: Buffer;
} {
  const body = upload?.body ?? Buffer.alloc(0);
  const boundary = /boundary=(.*)$/.exec(String(upload?.headers['content-type']))?.[1] ?? '';
  const start = body.indexOf('\r\n\r\n') + 4;
  const end = body.lastIndexOf(`\r\n--${boundary}--`);
  return { head: body.subarray(0, start).toString('utf8'), content: body.subarray(start, end) };
}

describe('uploadMedia', () => {
  it('sends the file as it is, with name and type where DingTalk reads them', async () => {
    const server = await service();
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    const result = await clientOf(server.url).uploadMedia({
      type: 'image',
      source: { kind: 'bytes', fileName: '标志 "1".png', content },
    });
    expect(result).toEqual({ kind: 'ok', value: { mediaId: '@lAL', createdAt: 1605863153573 } });
    expect(server.uploads[0]?.url).toBe('/media/upload?access_token=t&type=image');
    const part = partOf(server.uploads[0]);
    expect(part.head).toContain('content-disposition: form-data; name="media"; filename="标志 _1_.png"');
    expect(part.content.equals(content)).toBe(true);
    expect(server.uploads[0]?.headers['content-length']).toBe(String(server.uploads[0]?.body.length));
  });

  it('sends a file of 20 MiB, and refuses one byte more and 21 MiB before a byte is sent', async () => {
    const server = await service();
    const client = clientOf(server.url);
    const path = join(await folder(), 'big.png');
    await writeFile(path, Buffer.alloc(20 * mebibyte, 7));
    expect(await client.uploadMedia({ type: 'image', source: { kind: 'path', path } })).toMatchObject({
      kind: 'ok',
    });
    expect(partOf(server.uploads[0]).content.length).toBe(20 * mebibyte);
    for (const bytes of [20 * mebibyte + 1, 21 * mebibyte]) {
      await writeFile(path, Buffer.alloc(bytes));
      expect(await client.uploadMedia({ type: 'image', source: { kind: 'path', path } })).toMatchObject({
        kind: 'failed',
        error: { code: '40006', class: 'message' },
      });
    }
    expect(server.uploads).toHaveLength(1);
  });

  it('reads no faster than it can send, so that a large file does not fill the memory', async () => {
    const stuck = createServer((request, response) => {
      if (request.url?.startsWith('/gettoken') === true) response.end('{"errcode":0,"access_token":"t"}');
      else request.pause();
    });
    await new Promise<void>((resolve) => stuck.listen(0, '127.0.0.1', resolve));
    open.push(async () => {
      stuck.closeAllConnections();
      await new Promise((resolve) => stuck.close(resolve));
    });
    let produced = 0;
    const stream = Readable.from(
      (function* (): Generator<Buffer> {
        for (; produced < 20; produced++) yield Buffer.alloc(mebibyte);
      })(),
    );
    const client = createDingTalkClient({
      baseUrl: `http://127.0.0.1:${(stuck.address() as AddressInfo).port}`,
      app: { name: 'a', appKey: 'k', appSecret: new Secret('s'), agentId: 1 },
      clock: systemClock,
      uploadTimeoutMs: 500,
    });
    open.push(() => client.close());
    const result = await client.uploadMedia({
      type: 'image',
      source: { kind: 'stream', fileName: 'a.png', bytes: 20 * mebibyte, stream },
    });
    expect(result).toMatchObject({ kind: 'failed', error: { code: 'lost_after_write', class: 'retry' } });
    // What has left the stream lies in the buffers of the two sockets; the rest was never read.
    expect(produced).toBeLessThan(15);
  });

  it.each<[string, 'image' | 'voice' | 'file', MediaSource, string]>([
    ['another format', 'image', { kind: 'bytes', fileName: 'a.webp', content: Buffer.from('x') }, '40005'],
    ['no format', 'file', { kind: 'bytes', fileName: 'README', content: Buffer.from('x') }, '40005'],
    ['an empty file', 'file', { kind: 'bytes', fileName: 'a.pdf', content: Buffer.alloc(0) }, '44001'],
    [
      'a voice beyond 2 MiB',
      'voice',
      { kind: 'bytes', fileName: 'a.amr', content: Buffer.alloc(2 * mebibyte + 1) },
      '40006',
    ],
    ['a file that is not there', 'file', { kind: 'path', path: '/nonexistent/a.pdf' }, '41005'],
    ['a folder', 'file', { kind: 'path', path: tmpdir() }, '41005'],
  ])('refuses %s without a call', async (_name, type, source, code) => {
    const server = await service();
    expect(await clientOf(server.url).uploadMedia({ type, source })).toMatchObject({
      kind: 'failed',
      error: { code, class: 'message', operation: 'upload' },
    });
    expect(server.uploads).toEqual([]);
  });

  it('takes the formats of the documentation in any case', async () => {
    const server = await service();
    const client = clientOf(server.url);
    for (const [type, { formats }] of Object.entries(mediaLimits)) {
      for (const format of formats) {
        const source: MediaSource = {
          kind: 'bytes',
          fileName: `a.${format.toUpperCase()}`,
          content: Buffer.from('x'),
        };
        expect((await client.uploadMedia({ type: type as keyof typeof mediaLimits, source })).kind).toBe(
          'ok',
        );
      }
    }
  });

  it('uploads again with a fresh token, from the start of the file', async () => {
    const server = await service();
    server.answers.push({ errcode: 40014, errmsg: 'x' });
    const content = Buffer.from('content');
    expect(
      await clientOf(server.url).uploadMedia({
        type: 'file',
        source: { kind: 'bytes', fileName: 'a.pdf', content },
      }),
    ).toMatchObject({ kind: 'ok' });
    expect(server.uploads.map((upload) => partOf(upload).content.toString())).toEqual(['content', 'content']);
  });

  it('says so when a stream cannot be read a second time', async () => {
    const server = await service();
    server.answers.push({ errcode: 40014, errmsg: 'x' });
    const source: MediaSource = {
      kind: 'stream',
      fileName: 'a.pdf',
      bytes: 3,
      stream: Readable.from([Buffer.from('abc')]),
    };
    expect(await clientOf(server.url).uploadMedia({ type: 'file', source })).toMatchObject({
      kind: 'failed',
      error: { class: 'retry' },
    });
  });

  it.each([2, 4])('does not send a file that is not the announced 3 bytes but %d', async (length) => {
    const server = await service();
    const source: MediaSource = {
      kind: 'stream',
      fileName: 'a.pdf',
      bytes: 3,
      stream: Readable.from([Buffer.alloc(length)]),
    };
    expect(await clientOf(server.url).uploadMedia({ type: 'file', source })).toMatchObject({
      kind: 'failed',
      error: { class: 'retry' },
    });
    expect(server.uploads).toEqual([]);
  });
});
