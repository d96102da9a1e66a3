import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Secret } from '../../../src/base/sensitive.ts';
import { createRegistry, type Registry, type RegistryOptions } from '../../../src/registry/registry.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { answerJson, RegistryServer } from '../../fakes/registry-server.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

type Answer = Parameters<typeof RegistryServer.start>[0];

async function setUp(
  answer: Answer,
  more: Partial<RegistryOptions> = {},
): Promise<{ server: RegistryServer; registry: Registry }> {
  const server = await RegistryServer.start(answer);
  const registry = createRegistry({
    url: `${server.url}/apis/registry`,
    auth: null,
    tls: null,
    timeoutMs: 5_000,
    clock: systemClock,
    logger: silentLogger,
    ...more,
  });
  closers.push(
    () => registry.close(),
    () => server.stop(),
  );
  return { server, registry };
}

const schema = JSON.stringify({
  type: 'record',
  name: 'shop.Order',
  fields: [{ name: 'id', type: 'string' }],
});

describe('what is no answer of the registry', () => {
  it.each<[string, Answer]>([
    [
      'a page of a proxy, status 404',
      (_request, response) => response.writeHead(404).end('<html>404</html>'),
    ],
    [
      'JSON of a gateway, status 404',
      (_request, response) => answerJson(response, 404, { message: 'no Route matched' }),
    ],
    ['a page with status 200', (_request, response) => response.writeHead(200).end('<html>Log in</html>')],
    [
      'a server fault',
      (_request, response) => answerJson(response, 500, { error_code: 50001, message: 'store' }),
    ],
    [
      'refused credentials',
      (_request, response) => answerJson(response, 401, { error_code: 40101, message: 'who?' }),
    ],
    [
      'a missing permission',
      (_request, response) => answerJson(response, 403, { error_code: 40301, message: 'no' }),
    ],
    [
      'too many requests',
      (_request, response) => answerJson(response, 429, { error_code: 42901, message: 'slow' }),
    ],
    ['a connection that breaks at once', (_request, response) => response.destroy()],
    [
      'a connection that breaks within the answer',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('{');
        setImmediate(() => response.destroy());
      },
    ],
  ])('%s: the record waits, and no schema is taken for unknown', async (_what, answer) => {
    const { registry } = await setUp(answer);
    const lookup = await registry.readerFor(7);
    expect(lookup).toMatchObject({
      kind: 'unavailable',
      error: { code: 'registry_unavailable', retry: 'backoff' },
    });
    expect(registry.health().ok).toBe(false);
  });

  it('silence ends with the time limit, within the answer too', async () => {
    const { registry } = await setUp(
      (request, response) => {
        if (request.path.endsWith('/8')) response.writeHead(200, { 'content-length': '1000' }).write('{');
      },
      { timeoutMs: 100 },
    );
    expect(await registry.readerFor(7)).toMatchObject({ kind: 'unavailable' });
    expect(await registry.readerFor(8)).toMatchObject({ kind: 'unavailable' });
  });

  it('nobody listening: the reason names the address without the password', async () => {
    const { server, registry } = await setUp(() => undefined);
    await server.stop();
    const url = server.url.replace('http://', 'http://ops:hunter2@');
    const other = createRegistry({
      url,
      auth: null,
      tls: null,
      timeoutMs: 1_000,
      clock: systemClock,
      logger: silentLogger,
    });
    closers.push(() => other.close());
    const { error } = (await other.readerFor(7)) as { error: Error };
    const shown = inspect(error) + String((await other.probe()).reason);
    expect(shown).toContain('127.0.0.1');
    expect(shown).not.toContain('hunter2');
    expect((await registry.probe()).ok).toBe(false);
  });
});

describe('what the registry answers', () => {
  it('a schema: the reader keeps working when the registry goes away', async () => {
    const { server, registry } = await setUp((_request, response) => answerJson(response, 200, { schema }));
    const lookup = await registry.readerFor(7);
    expect(lookup.kind).toBe('reader');
    expect(server.requests.map(({ path }) => path)).toContain('/apis/registry/schemas/ids/7');
    await server.stop();
    expect(registry.readerFor(7)).toBe(lookup);
  });

  it('an unknown schema: not found, and the registry counts as well', async () => {
    const { registry } = await setUp((_request, response) =>
      answerJson(response, 404, { error_code: 40403, message: 'x' }),
    );
    expect(await registry.readerFor(7)).toEqual({
      kind: 'schema_not_found',
      message: 'the schema registry does not know schema 7',
    });
    expect(registry.health()).toEqual({ ok: true, reason: null });
  });

  it('a schema that nobody can parse: unusable, not a fault of the registry', async () => {
    const { registry } = await setUp((_request, response) =>
      answerJson(response, 200, { schema: '{"type":"nonsense"}' }),
    );
    expect(await registry.readerFor(7)).toMatchObject({ kind: 'unusable' });
    expect(registry.health().ok).toBe(true);
  });

  it('a missing reference: not found, for the schema is not complete', async () => {
    const { registry } = await setUp((request, response) => {
      if (request.path.includes('/subjects/'))
        answerJson(response, 404, { error_code: 40402, message: 'no version' });
      else answerJson(response, 200, { schema, references: [{ name: 'c.C', subject: 'c', version: 3 }] });
    });
    expect(await registry.readerFor(7)).toMatchObject({ kind: 'schema_not_found' });
  });
});

describe('health', () => {
  it('is unknown at first, and comes back by itself after a failure', async () => {
    const clock = new FakeClock();
    let away = true;
    const { registry } = await setUp(
      (_request, response) => (away ? answerJson(response, 503, {}) : answerJson(response, 200, ['AVRO'])),
      { clock },
    );
    expect(registry.health()).toEqual({ ok: false, reason: 'not asked yet' });
    await clock.advance(0);
    await expect.poll(() => registry.health().reason).toContain('503');
    away = false;
    await clock.advance(5_000);
    await expect.poll(() => registry.health()).toEqual({ ok: true, reason: null });
    expect(clock.pending).toBe(0);
  });

  it('is good where the registry answers but does not know the question', async () => {
    const { registry } = await setUp((_request, response) =>
      answerJson(response, 404, { error_code: 404, message: 'HTTP 404 Not Found' }),
    );
    expect(await registry.probe()).toEqual({ ok: true, reason: null });
  });
});

describe('credentials', () => {
  it.each([
    [
      { kind: 'basic' as const, username: 'ops', password: new Secret('hunter2') },
      `Basic ${btoa('ops:hunter2')}`,
    ],
    [{ kind: 'bearer' as const, token: new Secret('abc') }, 'Bearer abc'],
    [null, undefined],
  ])('%j goes with every request', async (auth, header) => {
    const { server, registry } = await setUp((_request, response) => answerJson(response, 200, { schema }), {
      auth,
    });
    await registry.readerFor(7);
    expect(server.requests[0]?.headers['authorization']).toBe(header);
  });
});

describe('registration', () => {
  it('of a schema that is there needs no permission to write', async () => {
    const { server, registry } = await setUp((request, response) => {
      if (request.method === 'POST' && request.path.endsWith('/subjects/t-value'))
        answerJson(response, 200, { id: 9 });
      else if (request.path.endsWith('/config/t-value'))
        answerJson(response, 200, { compatibilityLevel: 'FULL' });
      else answerJson(response, 403, { error_code: 40301, message: 'read only' });
    });
    const value = await registry.writerFor('t-value', schema).write({ id: 'x' });
    expect(value).toEqual(Buffer.from([0, 0, 0, 0, 9, 2, 0x78]));
    expect(server.requests.some(({ method }) => method === 'PUT')).toBe(false);
  });

  it('is tried again with the next value after the registry was away', async () => {
    let away = true;
    const { registry } = await setUp((request, response) => {
      if (away) answerJson(response, 503, {});
      else if (request.method === 'POST') answerJson(response, 200, { id: 9 });
      else answerJson(response, 200, { compatibilityLevel: 'BACKWARD' });
    });
    const writer = registry.writerFor('t-value', schema);
    await expect(writer.write({ id: 'x' })).rejects.toMatchObject({ code: 'registry_unavailable' });
    away = false;
    expect(await writer.write({ id: 'x' })).toHaveLength(7);
  });

  it('refused as incompatible is a fault for a person', async () => {
    const { registry } = await setUp((request, response) => {
      if (request.path.endsWith('/versions'))
        answerJson(response, 409, { error_code: 409, message: 'incompatible' });
      else answerJson(response, 404, { error_code: 40401, message: 'none' });
    });
    await expect(registry.writerFor('t-value', schema).ready()).rejects.toMatchObject({
      code: 'schema_rejected',
      retry: 'no',
    });
  });
});
