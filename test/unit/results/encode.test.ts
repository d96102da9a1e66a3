import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import avro, { type Type } from 'avsc';
import { type CloudEvent, Kafka } from 'cloudevents';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJsonBytes } from '../../../src/base/exact-json.ts';
import type { Result } from '../../../src/model/result.ts';
import { AvroWriter } from '../../../src/registry/avro/avro-writer.ts';
import { type EncodedRecord, ResultEncoder } from '../../../src/results/encode.ts';
import { resultSchemaUrl, valueSubject } from '../../../src/results/schema.ts';
import { wireValue } from '../../../src/results/wire-value.ts';
import { aBareResult, anyResult, aResult, recipientStatuses, resultStatuses } from '../../fakes/results.ts';

const schemaText = readFileSync(resultSchemaUrl, 'utf8');
const jsonSchema = JSON.parse(
  readFileSync(new URL('dingbus-result.schema.json', resultSchemaUrl), 'utf8'),
) as { required: string[]; definitions: Record<string, { required?: string[]; enum?: string[] }> };

/** A consumer's reader: plain avsc with the published file; longs as bigint, as other languages have them. */
const bigLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: () => Buffer.alloc(8),
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: () => 0,
});
const reader = avro.Type.forSchema(JSON.parse(schemaText) as never, {
  typeHook: (schema: unknown): Type | undefined =>
    schema === 'long' || (schema as { type?: unknown }).type === 'long' ? bigLong : undefined,
  wrapUnions: false,
});
const jsonValidator = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(jsonSchema);

const inAvro = new ResultEncoder({
  groupId: 'dingbus',
  avro: new AvroWriter(schemaText, () => Promise.resolve(9)),
});
const inJson = new ResultEncoder({ groupId: 'dingbus', avro: null });

function readAvro({ value }: EncodedRecord): unknown {
  expect([...value.subarray(0, 5)]).toEqual([0, 0, 0, 0, 9]);
  return JSON.parse(
    JSON.stringify(reader.fromBuffer(value.subarray(5)), (_key, item: unknown) =>
      typeof item === 'bigint' ? `${item}n` : item,
    ),
  );
}

function shown(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item)),
  );
}

describe('the value', () => {
  it.each<[string, Result]>([
    ['complete', aResult()],
    ['bare', aBareResult()],
  ])('of a %s result is what a consumer reads back with the published schema', async (_what, result) => {
    expect(readAvro(await inAvro.encode(result, null))).toEqual(shown(wireValue(result)));
  });

  it('of any result survives both encodings, and JSON obeys its schema', async () => {
    await fc.assert(
      fc.asyncProperty(anyResult, async (result) => {
        expect(readAvro(await inAvro.encode(result, null))).toEqual(shown(wireValue(result)));
        const { value } = await inJson.encode(result, null);
        expect(jsonValidator(JSON.parse(value.toString('utf8'))), JSON.stringify(jsonValidator.errors)).toBe(
          true,
        );
        const parsed = parseExactJsonBytes(value);
        expect(parsed.ok && (parsed.value as { event: { offset: bigint } }).event.offset).toBe(
          result.event.offset,
        );
      }),
    );
  });

  it('has the same fields in Avro, in the JSON Schema and in what is written', () => {
    const { fields } = JSON.parse(schemaText) as { fields: { name: string }[] };
    const written = Object.keys(wireValue(aResult()));
    expect(fields.map(({ name }) => name)).toEqual(written);
    expect(jsonSchema.required).toEqual(written);
  });

  it('knows every status that there is', () => {
    expect(jsonSchema.definitions['Status']?.enum).toEqual(resultStatuses);
    expect(jsonSchema.definitions['RecipientStatus']?.enum).toEqual(recipientStatuses);
  });

  it('describes every field for those who read it', () => {
    const undocumented: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      if ('fields' in node) {
        for (const field of node.fields as { name: string; doc?: string; type: unknown }[]) {
          if (!field.doc) undocumented.push(`${path}.${field.name}`);
          visit(field.type, `${path}.${field.name}`);
        }
      }
      for (const inner of Object.values(node)) visit(inner, path);
    };
    visit(JSON.parse(schemaText), '');
    expect(undocumented).toEqual([]);
  });
});

describe('the envelope', () => {
  it('parses with the official CloudEvents SDK', async () => {
    for (const encoder of [inAvro, inJson]) {
      const { headers, value } = await encoder.encode(aResult(), null);
      const texts = Object.fromEntries(headers.map(({ key, value: text }) => [key, text?.toString('utf8')]));
      // The SDK reads JSON bodies only; the body is not what is asked here.
      const body = encoder === inJson ? value.toString('utf8') : '{}';
      const message = {
        headers: { ...texts, 'content-type': 'application/json' },
        body,
        value: body,
        key: 'k',
      };
      const event = Kafka.toEvent<unknown>(message) as CloudEvent<unknown>;
      expect(event.validate()).toBe(true);
      expect(event).toMatchObject({
        id: 'ntf_1-2',
        source: '/dingbus/dingbus',
        type: 'dingbus.delivery.partial',
        subject: 'ntf_1',
        time: '2026-03-02T06:00:00.007Z',
      });
    }
  });

  it('names the content type, and the trace only where there is one', async () => {
    const texts = async (
      encoder: ResultEncoder,
      result: Result,
    ): Promise<Record<string, string | undefined>> =>
      Object.fromEntries(
        (await encoder.encode(result, null)).headers.map(({ key, value }) => [key, value?.toString()]),
      );
    expect(await texts(inAvro, aResult())).toMatchObject({
      'content-type': 'application/avro',
      traceparent: aResult().traceparent,
    });
    const bare = await texts(inJson, aBareResult());
    expect(bare['content-type']).toBe('application/json');
    expect(bare).not.toHaveProperty('traceparent');
  });
});

describe('the key', () => {
  it("is the event's, byte for byte, else the event's id", async () => {
    const bytes = Buffer.from([0, 255, 10]);
    expect((await inJson.encode(aResult(), bytes.toString('base64'))).key).toEqual(bytes);
    expect((await inJson.encode(aResult(), '')).key).toEqual(Buffer.alloc(0));
    expect((await inJson.encode(aResult(), null)).key).toEqual(Buffer.from('e-1'));
  });
});

it('the subject is the one that other clients look under', () => {
  expect(valueSubject('dingbus.results')).toBe('dingbus.results-value');
});
