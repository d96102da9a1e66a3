import { readFileSync } from 'node:fs';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import avro from 'avsc';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { encodeDeadLetter } from '../../src/results/dead-letter.ts';
import { ResultEncoder } from '../../src/results/encode.ts';
import { aRecord } from '../fakes/builders.ts';
import { aResult, resultStatuses } from '../fakes/results.ts';

const folder = new URL('../../schemas/results/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

interface HeaderSchema {
  readonly required: string[];
  readonly properties: Record<string, { readonly enum?: string[]; readonly const?: string }>;
}

interface AsyncApi {
  readonly components: {
    readonly schemas: { readonly ResultHeaders: HeaderSchema; readonly DeadLetterHeaders: HeaderSchema };
    readonly messages: Record<string, { readonly payload: { readonly schema?: { readonly $ref: string } } }>;
  };
}

const document = parse(text('asyncapi.yaml')) as AsyncApi;

describe('the AsyncAPI document', () => {
  it('is a valid AsyncAPI 3 document', () => {
    const validate = new Ajv({
      strict: false,
      validateFormats: false,
      allErrors: true,
      logger: false,
    }).compile(specs.schemasWithoutId['3.0.0'] as object);
    validate(document);
    expect(validate.errors).toBeNull();
  });

  it('refers to schema files that exist and parse', () => {
    const { messages } = document.components;
    const avroFile = messages['ResultAvro']?.payload.schema?.$ref ?? '';
    expect(avro.Type.forSchema(JSON.parse(text(avroFile)) as never).name).toBe('dingbus.results.Result');
    const jsonFile = messages['ResultJson']?.payload.schema?.$ref ?? '';
    expect(new Ajv({ allowUnionTypes: true }).validateSchema(JSON.parse(text(jsonFile)) as object)).toBe(
      true,
    );
  });

  it('describes the headers that are written, all of them', async () => {
    const { ResultHeaders, DeadLetterHeaders } = document.components.schemas;
    const result = await new ResultEncoder({ groupId: 'g', avro: null }).encode(aResult(), null);
    expect(Object.keys(ResultHeaders.properties)).toEqual(result.headers.map(({ key }) => key));
    expect(ResultHeaders.properties['ce_type']?.enum).toEqual(
      resultStatuses.map((status) => `dingbus.delivery.${status}`),
    );
    const deadLetter = encodeDeadLetter({
      id: 'dlq_1',
      record: aRecord(),
      stage: 'decode',
      reason: 'undecodable',
      message: 'x',
      exceptionClass: 'y',
      route: 'r',
      notificationId: 'n',
    });
    expect(Object.keys(DeadLetterHeaders.properties)).toEqual(deadLetter.headers.map(({ key }) => key));
  });
});
