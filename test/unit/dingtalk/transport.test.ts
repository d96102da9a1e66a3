import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import {
  createTransport,
  type Transport,
  type TransportOptions,
  type TransportRequest,
} from '../../../src/dingtalk/transport.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function transport(options: Partial<TransportOptions> = {}): Transport {
  const made = createTransport({ clock: systemClock, ...options });
  open.push(() => made.close());
  return made;
}

const post = (url: string, body: TransportRequest['body'] = 'a=b'): TransportRequest => ({
  method: 'POST',
  url: `${url}/x?access_token=t`,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body,
  timeoutMs: 10_000,
});

const answer = '{"errcode":0}';
const http = (body: string, headers = ''): string =>
  `HTTP/1.1 200 OK\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`;

/** A server of raw sockets: what it does with the n-th request of all connections. */
async function raw(
  reply: (socket: Socket, request: number) => void,
): Promise<{ url: string; seen: () => number }> {
  let requests = 0;
  const server = createServer((socket) => {
    socket.on('data', () => reply(socket, ++requests));
  });
  return { url: await listen(server), seen: () => requests };
}

describe('transport', () => {
  it('brings status and body, and uses a connection again', async () => {
    let connections = 0;
    const handle: RequestListener = (request, response) => {
      request.resume().on('end', () => response.writeHead(403).end(answer));
    };
    const server = createHttpServer(handle).on('connection', () => connections++);
    const url = await listen(server);
    const client = transport();
    for (let i = 0; i < 10; i++) {
      expect(await client.request(post(url))).toEqual({
        kind: 'answered',
        status: 403,
        body: Buffer.from(answer),
      });
    }
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('does not follow a redirect', async () => {
    const url = await listen(
      createHttpServer((_request, response) => response.writeHead(302, { location: '/y' }).end()),
    );
    expect(await transport().request(post(url))).toMatchObject({ kind: 'answered', status: 302 });
  });

  it('knows that nothing left when nobody listens', async () => {
    const server = createServer();
    const url = await listen(server);
    await open.pop()?.();
    expect(await transport().request(post(url))).toMatchObject({
      kind: 'lost_before_write',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('knows that nothing left when the address is none', async () => {
    expect(await transport().request(post('nonsense'))).toMatchObject({ kind: 'lost_before_write' });
  });

  it('asks before the first byte, and writes none when it is told not to', async () => {
    const { url, seen } = await raw((socket) => socket.write(http(answer)));
    const client = transport();
    const asked: boolean[] = [];
    const request = (may: boolean) =>
      client.request({
        ...post(url),
        mayStart: () => {
          asked.push(may);
          return may;
        },
      });
    expect(await request(false)).toMatchObject({ kind: 'lost_before_write' });
    expect(seen()).toBe(0);
    // The connection is there now; the same holds on it.
    expect(await request(true)).toMatchObject({ kind: 'answered' });
    expect(await request(false)).toMatchObject({ kind: 'lost_before_write' });
    expect(await request(true)).toMatchObject({ kind: 'answered' });
    expect(seen()).toBe(2);
    expect(asked).toEqual([false, true, false, true]);
  });

  it('leaves the outcome open when the connection ends without an answer', async () => {
    const { url, seen } = await raw((socket) => socket.destroy());
    expect(await transport().request(post(url))).toMatchObject({ kind: 'lost_after_write' });
    expect(seen()).toBe(1);
  });

  it('leaves the outcome open when the answer breaks off', async () => {
    const { url } = await raw((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"errcode":0'),
    );
    expect(await transport().request(post(url))).toMatchObject({ kind: 'lost_after_write' });
  });

  it('leaves the outcome open when the answer is no HTTP', async () => {
    const { url } = await raw((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    expect(await transport().request(post(url))).toMatchObject({ kind: 'lost_after_write' });
  });

  it('leaves the outcome open when a connection that was used before is closed under the request, and sends it once', async () => {
    const { url, seen } = await raw((socket, request) => {
      if (request === 1) socket.write(http(answer));
      else socket.destroy();
    });
    const client = transport();
    expect((await client.request(post(url))).kind).toBe('answered');
    expect((await client.request(post(url))).kind).toBe('lost_after_write');
    expect(seen()).toBe(2);
  });

  it('opens a new connection when the server has closed the old one in between', async () => {
    const { url, seen } = await raw((socket) => socket.end(http(answer)));
    const client = transport();
    for (let i = 0; i < 3; i++) {
      expect((await client.request(post(url))).kind).toBe('answered');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen()).toBe(3);
  });

  it('keeps an unused connection no longer than told, whatever time the server names', async () => {
    const closed = Promise.withResolvers<void>();
    const { url } = await raw((socket) => {
      socket.on('close', () => closed.resolve());
      socket.write(http(answer, 'keep-alive: timeout=60\r\n'));
    });
    expect((await transport({ keepAliveMs: 100 }).request(post(url))).kind).toBe('answered');
    await closed.promise;
  }, 10_000);

  it('gives up when no answer comes in time, the outcome being open', async () => {
    const clock = new FakeClock();
    const asked = Promise.withResolvers<void>();
    const { url } = await raw(() => asked.resolve());
    const waiting = transport({ clock }).request(post(url));
    await asked.promise;
    await clock.advance(10_000);
    expect(await waiting).toEqual({ kind: 'lost_after_write', message: 'no answer within 10000 ms' });
  });

  it('never sends a request that was given up while it waited for a connection', async () => {
    const clock = new FakeClock();
    const first = Promise.withResolvers<Socket>();
    const { url, seen } = await raw((socket) => first.resolve(socket));
    const client = transport({ clock, connections: 1 });
    const one = client.request({ ...post(url), timeoutMs: 60_000 });
    const socket = await first.promise;
    const two = client.request(post(url));
    await clock.advance(10_000);
    expect(await two).toMatchObject({ kind: 'lost_before_write' });
    socket.write(http(answer));
    expect((await one).kind).toBe('answered');
    await clock.advance(0);
    expect(seen()).toBe(1);
  });

  it('does not read an answer without end into memory', async () => {
    const handle: RequestListener = (_request, response) => {
      Readable.from(
        (function* (): Generator<Buffer> {
          for (let i = 0; i < 1000; i++) yield Buffer.alloc(65_536);
        })(),
      ).pipe(response);
    };
    const url = await listen(createHttpServer(handle));
    expect(await transport().request(post(url))).toMatchObject({
      kind: 'lost_after_write',
      message: expect.stringContaining('larger') as string,
    });
  });

  it('waits for the head and the body of an answer as long as the request itself allows', async () => {
    /** Beyond the time-outs that are usual for a part of an answer. */
    const slowMs = 11_500;
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n';
    const { url: slowHead } = await raw((socket) => setTimeout(() => socket.write(http(answer)), slowMs));
    const { url: slowBody } = await raw((socket) => {
      socket.write(head);
      setTimeout(() => socket.write(answer), slowMs);
    });
    const client = transport();
    const requests = [slowHead, slowBody].map((url) => client.request({ ...post(url), timeoutMs: 30_000 }));
    expect((await Promise.all(requests)).map(({ kind }) => kind)).toEqual(['answered', 'answered']);
  }, 30_000);

  it('asks for an answer that is not compressed', async () => {
    const handle: RequestListener = (request, response) => {
      response.end(request.headers['accept-encoding']);
    };
    const asked = await transport().request(post(await listen(createHttpServer(handle))));
    expect(asked).toMatchObject({ kind: 'answered', body: Buffer.from('identity') });
  });

  /** A server that compresses without being asked to. */
  const encoded = (encoding: string, body: Buffer): Promise<string> =>
    listen(
      createHttpServer((_request, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(body),
      ),
    );

  it.each([
    ['gzip', gzipSync(answer)],
    ['X-GZIP', gzipSync(answer)],
    ['deflate', deflateSync(answer)],
    ['deflate', deflateRawSync(answer)],
    ['br', brotliCompressSync(answer)],
    ['br, gzip', gzipSync(brotliCompressSync(answer))],
    ['identity', Buffer.from(answer)],
  ])('understands an answer that is compressed all the same: %s', async (encoding, body) => {
    const url = await encoded(encoding, body);
    expect(await transport().request(post(url))).toMatchObject({
      kind: 'answered',
      body: Buffer.from(answer),
    });
  });

  it.each([
    ['breaks off', gzipSync(answer).subarray(0, 20)],
    ['is far larger than it looks', gzipSync(Buffer.alloc(5 * 1_048_576))],
  ])('leaves the outcome open when a compressed answer %s', async (_name, body) => {
    const url = await encoded('gzip', body);
    expect(await transport().request(post(url))).toMatchObject({
      kind: 'lost_after_write',
      message: expect.stringContaining('gzip') as string,
    });
  });

  it('waits for the head and the body of an answer no longer than told', async () => {
    const { url } = await raw((socket, request) => {
      if (request === 2) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{');
    });
    const client = transport({ headersTimeoutMs: 200, bodyTimeoutMs: 200 });
    expect(await client.request(post(url))).toMatchObject({
      kind: 'lost_after_write',
      message: 'Headers Timeout Error',
    });
    expect(await client.request(post(url))).toMatchObject({
      kind: 'lost_after_write',
      message: 'Body Timeout Error',
    });
  });
});
