import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createEventDecoder } from '../../src/events/decoder.ts';
import type { DecodeOutcome } from '../../src/events/outcome.ts';
import { createRegistry, type Registry } from '../../src/registry/registry.ts';
import { ResultEncoder } from '../../src/results/encode.ts';
import { resultSchemaUrl } from '../../src/results/schema.ts';
import { aRecord } from '../fakes/builders.ts';
import { aResult } from '../fakes/results.ts';
import python from '../fixtures/python-protobuf.json' with { type: 'json' };

/** Subjects of one run must not meet those of another. */
const run = `test-${process.pid}-${Date.now()}`;
let registry: Registry;

beforeEach(() => {
  registry = createRegistry({
    url: inject('registryUrl'),
    auth: null,
    tls: null,
    timeoutMs: 10_000,
    clock: systemClock,
    logger: silentLogger,
  });
});
afterEach(() => registry.close());

interface Registration {
  readonly schema: unknown;
  readonly schemaType?: 'AVRO' | 'JSON' | 'PROTOBUF';
  readonly references?: readonly { name: string; subject: string; version: number }[];
}

/** Registers as an upstream team does, with plain HTTP; gives the id. */
async function register(subject: string, registration: Registration): Promise<number> {
  const schema =
    typeof registration.schema === 'string' ? registration.schema : JSON.stringify(registration.schema);
  const response = await fetch(`${inject('registryUrl')}/subjects/${run}-${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ ...registration, schema }),
  });
  const body = (await response.json()) as { id?: number };
  if (body.id === undefined) throw new Error(JSON.stringify(body));
  return body.id;
}

function framed(schemaId: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return Buffer.concat([header, body]);
}

async function decode(value: Buffer): Promise<DecodeOutcome> {
  return createEventDecoder(registry).decode(aRecord({ value }), { format: 'auto', identity: null });
}

async function dataOf(value: Buffer): Promise<{ data: unknown; type: string | null }> {
  const outcome = await decode(value);
  if (outcome.kind !== 'events') throw new Error(JSON.stringify(outcome));
  const [event] = outcome.events;
  return { data: event?.data, type: event?.meta.type ?? null };
}

describe('Avro', () => {
  it('with references to other subjects, and theirs, is read', async () => {
    const money = {
      type: 'record',
      name: 'Money',
      namespace: 'common',
      fields: [{ name: 'cents', type: 'long' }],
    };
    const line = {
      type: 'record',
      name: 'Line',
      namespace: 'shop',
      fields: [{ name: 'price', type: 'common.Money' }],
    };
    const order = {
      type: 'record',
      name: 'Order',
      namespace: 'shop',
      fields: [
        { name: 'lines', type: { type: 'array', items: 'shop.Line' } },
        { name: 'total', type: 'common.Money' },
      ],
    };
    await register('money', { schema: money });
    const moneyRef = { name: 'common.Money', subject: `${run}-money`, version: 1 };
    await register('line', { schema: line, references: [moneyRef] });
    const lineRef = { name: 'shop.Line', subject: `${run}-line`, version: 1 };
    const id = await register('order', { schema: order, references: [lineRef, moneyRef] });
    const types = {};
    for (const schema of [money, line]) avro.Type.forSchema(schema as never, { registry: types });
    const writer = avro.Type.forSchema(order as never, { registry: types });
    const value = { lines: [{ price: { cents: 5 } }], total: { cents: 5 } };
    expect(await dataOf(framed(id, writer.toBuffer(value)))).toEqual({
      data: { lines: [{ price: { cents: 5n } }], total: { cents: 5n } },
      type: 'shop.Order',
    });
  });

  it('of two versions of a schema is read with the one that wrote it', async () => {
    const fields = [{ name: 'id', type: 'string' }];
    const first = { type: 'record', name: 'Evolving', namespace: run.replaceAll('-', '_'), fields };
    const second = {
      ...first,
      fields: [...fields, { name: 'note', type: ['null', 'string'], default: null }],
    };
    const firstId = await register('evolving', { schema: first });
    const secondId = await register('evolving', { schema: second });
    expect(secondId).not.toBe(firstId);
    const old = avro.Type.forSchema(first as never).toBuffer({ id: 'a' });
    const young = avro.Type.forSchema(second as never).toBuffer({ id: 'b', note: 'n' });
    expect((await dataOf(framed(firstId, old))).data).toEqual({ id: 'a' });
    expect((await dataOf(framed(secondId, young))).data).toEqual({ id: 'b', note: 'n' });
  });

  it('of several event types in one topic tells which one it is', async () => {
    const of = (name: string): object => ({
      type: 'record',
      name: `${run.replaceAll('-', '_')}.${name}`,
      fields: [],
    });
    const id = await register('several', { schema: [of('Opened'), of('Closed')] });
    expect((await dataOf(framed(id, Buffer.from([2])))).type).toMatch(/\.Closed$/);
  });
});

describe('JSON Schema', () => {
  it('is read with exact numbers, and a value that breaks it is undecodable', async () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: run,
      type: 'object',
      properties: { n: { type: 'integer' } },
    };
    const id = await register('json', { schemaType: 'JSON', schema });
    const good = await dataOf(framed(id, Buffer.from('{"n":9007199254740993}')));
    expect(good).toEqual({ data: { n: 9007199254740993n }, type: null });
    expect(await decode(framed(id, Buffer.from('{"n":"x"}')))).toMatchObject({ reason: 'undecodable' });
  });
});

describe('Protobuf', () => {
  it('is read as plain data, each message of the schema by its index', async () => {
    const schema = `syntax = "proto3";
      package ${run.replaceAll('-', '_')};
      import "google/protobuf/timestamp.proto";
      message Order {
        string order_id = 1;
        int64 amount_cents = 2;
        google.protobuf.Timestamp at = 3;
        optional string note = 4;
        map<string, int32> stock = 5;
        enum State { OPEN = 0; CLOSED = 1; }
        State state = 6;
      }
      message Refund { string order_id = 1; }`;
    const id = await register('protobuf', { schemaType: 'PROTOBUF', schema });
    const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
    const order = [10, ...text('A-1'), 16, 0x80, 0x08, 26, 2, 8, 5, 42, 5, 10, ...text('k'), 16, 7, 48, 1];
    expect(await dataOf(framed(id, Buffer.from([0, ...order])))).toMatchObject({
      data: {
        orderId: 'A-1',
        amountCents: 1024n,
        at: new Date(5_000),
        note: null,
        stock: { k: 7n },
        state: 'CLOSED',
      },
      type: expect.stringMatching(/\.Order$/),
    });
    // One index, zigzag 1: the second message.
    const refund = await dataOf(framed(id, Buffer.from([2, 2, 10, ...text('A-2')])));
    expect(refund).toEqual({ data: { orderId: 'A-2' }, type: expect.stringMatching(/\.Refund$/) });
  });

  it('that the Python client registered, imports in subjects of their own included, is read', async () => {
    const money = 'common/money.proto';
    await register(encodeURIComponent(money), { schemaType: 'PROTOBUF', schema: python.money });
    const references = [{ name: money, subject: `${run}-${money}`, version: 1 }];
    const id = await register('py-order', { schemaType: 'PROTOBUF', schema: python.order, references });
    expect(await dataOf(framed(id, Buffer.from(python.orderValue, 'base64')))).toMatchObject({
      data: { orderId: 'o1', total: { cents: 5n, currency: 'CNY' }, byId: { '9007199254740993': {} } },
      type: 'acme.shop.Outer.Inner',
    });
  });
});

describe('a schema id that nobody registered', () => {
  it('ends as schema_not_found, and the registry counts as well', async () => {
    expect(await decode(framed(2_000_000_000, Buffer.from([2])))).toMatchObject({
      reason: 'schema_not_found',
    });
    expect(registry.health().ok).toBe(true);
  });
});

describe('results', () => {
  const schemaText = readFileSync(resultSchemaUrl, 'utf8');
  const levelOf = async (subject: string): Promise<unknown> =>
    (await fetch(`${inject('registryUrl')}/config/${subject}`)).json();

  it('are registered once, under BACKWARD, and read back through the registry', async () => {
    const subject = `${run}-results-value`;
    const encode = async (): Promise<Buffer> => {
      const encoder = new ResultEncoder({
        groupId: 'dingbus',
        avro: registry.writerFor(subject, schemaText),
      });
      return (await encoder.encode(aResult(), null)).value;
    };
    const [first, second] = [await encode(), await encode()];
    expect(second).toEqual(first);
    expect(await levelOf(subject)).toEqual({ compatibilityLevel: 'BACKWARD' });
    const { data, type } = await dataOf(first);
    expect(type).toBe('dingbus.results.Result');
    expect(data).toMatchObject({
      result_id: 'ntf_1-2',
      status: 'partial',
      event: { offset: 2n ** 53n + 1n },
      occurred_at: new Date(aResult().occurredAt),
    });
  });

  it('of a later version may add a field with a default, and nothing may change its type', async () => {
    const subject = `${run}-evolution-value`;
    const schema = JSON.parse(schemaText) as { fields: { name: string; type: unknown; default?: unknown }[] };
    await registry.writerFor(subject, schemaText).ready();
    const added = {
      ...schema,
      fields: [...schema.fields, { name: 'x', type: ['null', 'string'], default: null }],
    };
    await registry.writerFor(subject, JSON.stringify(added)).ready();
    const changed = {
      ...schema,
      fields: schema.fields.map((field) => (field.name === 'seq' ? { ...field, type: 'string' } : field)),
    };
    await expect(registry.writerFor(subject, JSON.stringify(changed)).ready()).rejects.toMatchObject({
      code: 'schema_rejected',
    });
  });

  it('get BACKWARD even when a crash came between registration and setting it', async () => {
    const subject = `${run}-crashed-value`;
    await register('crashed-value', { schema: schemaText });
    expect(await levelOf(subject)).not.toEqual({ compatibilityLevel: 'BACKWARD' });
    await registry.writerFor(subject, schemaText).ready();
    expect(await levelOf(subject)).toEqual({ compatibilityLevel: 'BACKWARD' });
  });
});
