import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Secret } from '../../../src/base/sensitive.ts';
import { createServer, ServerListenError, type Server } from '../../../src/server/server.ts';
import { fakeProgram } from './fake-ports.ts';
import { adminToken } from './harness.ts';

const running: Server[] = [];

function serverOf(program = fakeProgram(), port = 0): Server {
  const server = createServer({
    host: '127.0.0.1',
    port,
    adminToken: new Secret(adminToken),
    ports: program.ports,
    clock: systemClock,
    logger: silentLogger,
  });
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop(0)));
});

describe('server', () => {
  it('serves over a socket, and tells where', async () => {
    const { url } = await serverOf().start();
    expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(await metrics.text()).toContain('dingbus_ready');
    // The address of the connection reaches the access check: this machine may read.
    expect((await fetch(`${url}/api/v1/holds`)).status).toBe(200);
  });

  it('takes requests with a body in pieces, and without any body', async () => {
    const program = fakeProgram();
    const { url } = await serverOf(program).start();
    const headers = { authorization: `Bearer ${adminToken}` };
    expect((await fetch(`${url}/-/reload`, { method: 'POST', headers })).status).toBe(200);
    const inPieces = (pieces: readonly string[]): Promise<Response> =>
      fetch(`${url}/api/v1/pause`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: ReadableStream.from(pieces.map((piece) => new TextEncoder().encode(piece))),
        duplex: 'half',
      });
    expect((await inPieces(['{"subject":', '"default"}'])).status).toBe(200);
    expect(program.holds.map((hold) => hold.subject)).toEqual(['default']);
    const piece = ' '.repeat(100_000);
    expect((await inPieces(Array.from({ length: 20 }, () => piece))).status).toBe(413);
  });

  it('says which address is taken', async () => {
    const { url } = await serverOf().start();
    const second = serverOf(fakeProgram(), Number(new URL(url).port));
    await expect(second.start()).rejects.toThrow(ServerListenError);
    await expect(second.start()).rejects.toThrow(/127\.0\.0\.1:\d+.*EADDRINUSE/);
  });

  it('streams the status live, and ends the stream when it stops', async () => {
    const server = serverOf();
    const { url } = await server.start();
    const response = await fetch(`${url}/api/v1/events`);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = (response.body ?? new ReadableStream<Uint8Array>())
      .pipeThrough(new TextDecoderStream())
      .getReader();
    const { value } = await reader.read();
    expect(value).toMatch(/^event: status\ndata: \{"now":/);
    const ended = (async () => {
      for (;;) if ((await reader.read()).done) return 'ended';
    })();
    await server.stop(5_000);
    expect(await ended).toBe('ended');
  });

  it('lets a request under way finish before it stops', async () => {
    const program = fakeProgram();
    let answer = (): void => undefined;
    const asked = new Promise<void>((begun) => {
      program.ports = {
        ...program.ports,
        views: {
          ...program.ports.views,
          holds: () =>
            new Promise((resolve) => {
              answer = () => {
                resolve([]);
              };
              begun();
            }),
        },
      };
    });
    const server = serverOf(program);
    const { url } = await server.start();
    const response = fetch(`${url}/api/v1/holds`);
    await asked;
    const stopped = server.stop(5_000);
    answer();
    expect((await response).status).toBe(200);
    await stopped;
    await expect(fetch(`${url}/-/healthy`)).rejects.toThrow();
  });

  it('does not wait longer than it was told for a request that never ends', async () => {
    const program = fakeProgram();
    const asked = new Promise<void>((begun) => {
      program.ports = {
        ...program.ports,
        views: {
          ...program.ports.views,
          holds: () => {
            begun();
            return new Promise(() => undefined);
          },
        },
      };
    });
    const server = serverOf(program);
    const { url } = await server.start();
    const response = fetch(`${url}/api/v1/holds`);
    const failed = expect(response).rejects.toThrow();
    await asked;
    await server.stop(20);
    await failed;
  });

  it('may be stopped before it was started', async () => {
    await serverOf().stop(10);
  });
});
