import { expect, it } from 'vitest';
import { JsonSchemaReader, type ReferencedSchema } from '../../../src/registry/json-schema.ts';

const dialect = { $schema: 'http://json-schema.org/draft-07/schema#' };
const id = ($id: string | null): object => ($id === null ? {} : { $id });

/** An order whose buyer is described elsewhere. */
const order = (own: string | null, $ref: string): string =>
  JSON.stringify({ ...dialect, ...id(own), type: 'object', properties: { buyer: { $ref } } });
const buyer = (own: string | null, city: object = { type: 'string' }): string =>
  JSON.stringify({ ...dialect, ...id(own), type: 'object', properties: { city } });

const named = (name: string, schema: string, parent: ReferencedSchema | null = null): ReferencedSchema => {
  return { name, schema, parent };
};

function fits(schema: string, references: readonly ReferencedSchema[], value: unknown): boolean {
  const body = Buffer.from(JSON.stringify(value));
  return new JsonSchemaReader(1, schema, references).read(Buffer.concat([Buffer.alloc(5), body])).ok;
}

it.each([
  ['its name, without ids', order(null, 'buyer.json'), buyer(null)],
  ['its name seen from the id of the other', order('http://x.example/order.json', 'buyer.json'), buyer(null)],
  ['its own id', order(null, 'http://y.example/b.json'), buyer('http://y.example/b.json')],
  ['its name, though its id is another one', order(null, 'buyer.json'), buyer('http://y.example/b.json')],
  [
    'its name, seen from an id, though its own is another one',
    order('http://x.example/order.json', 'buyer.json'),
    buyer('http://y.example/b.json'),
  ],
  [
    'a part of it',
    order(null, 'buyer.json#/definitions/buyer'),
    JSON.stringify({ ...dialect, definitions: { buyer: JSON.parse(buyer(null)) as object } }),
  ],
])('a schema may refer to another one by %s', (_how, schema, referenced) => {
  const references = [named('buyer.json', referenced)];
  expect(fits(schema, references, { buyer: { city: '杭州' } })).toBe(true);
  expect(fits(schema, references, { buyer: { city: 7 } })).toBe(false);
});

it.each([[null], ['http://y.example/b.json']])('and that one to a third, with the id %s', (own) => {
  const parent = named('buyer.json', buyer(own, { $ref: 'city.json' }));
  const references = [parent, named('city.json', JSON.stringify({ ...dialect, type: 'string' }), parent)];
  const schema = order('http://x.example/order.json', 'buyer.json');
  expect(fits(schema, references, { buyer: { city: '杭州' } })).toBe(true);
  expect(fits(schema, references, { buyer: { city: 7 } })).toBe(false);
});

it('several without ids are kept apart', () => {
  const schema = JSON.stringify({ ...dialect, properties: { a: { $ref: 'a.json' }, b: { $ref: 'b.json' } } });
  const references = [named('a.json', buyer(null)), named('b.json', buyer(null, { type: 'integer' }))];
  expect(fits(schema, references, { a: { city: 'x' }, b: { city: 7 } })).toBe(true);
  expect(fits(schema, references, { a: { city: 7 }, b: { city: 'x' } })).toBe(false);
});

it('says where a value does not fit', () => {
  const reader = new JsonSchemaReader(9, buyer(null), []);
  expect(reader.read(Buffer.from('\0\0\0\0\u0009{"city":7}'))).toEqual({
    ok: false,
    message: 'the value does not fit schema 9: /city must be string',
  });
});
