import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adminToken, harness } from './harness.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
}

async function operations(): Promise<readonly Operation[]> {
  const { ask } = harness();
  const document = (await (await ask('/api/v1/openapi.json')).json()) as {
    readonly paths: Readonly<
      Record<
        string,
        Readonly<Record<string, { readonly parameters?: readonly { in: string; name: string }[] }>>
      >
    >;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    path.endsWith('/events')
      ? []
      : Object.entries(methods).map(([method, { parameters = [] }]) => ({
          method: method.toUpperCase(),
          path,
          query: parameters.filter((one) => one.in === 'query').map((one) => one.name),
        })),
  );
}

describe('API under nonsense', () => {
  it('never fails on its own account, whatever is put into paths, queries and bodies', async () => {
    const all = await operations();
    const { ask } = harness();
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('', '0', '-1', '%', 'null'),
    );
    const names = fc.constantFrom('subject', 'note', 'until', 'event', 'events', 'template', 'settlement');
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.dictionary(names, fc.jsonValue()).map((value) => JSON.stringify(value)),
      fc.array(text).map((ids) => JSON.stringify({ notification_ids: ids, dead_letter_ids: ids })),
    );
    const request = fc.record({
      operation: fc.constantFrom(...all),
      segment: text,
      query: fc.array(fc.tuple(fc.nat(12), text), { maxLength: 3 }),
      body,
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ operation, segment, query, body }) => {
        const path = operation.path.replace(/\{\w+\}/, encodeURIComponent(segment.toWellFormed()) || 'x');
        const search = new URLSearchParams(
          query.map(([index, value]) => [operation.query[index] ?? 'other', value] as [string, string]),
        );
        const response = await ask(`${path}?${search.toString()}`, {
          method: operation.method,
          token: adminToken,
          ...(operation.method === 'GET' ? {} : { body }),
        });
        expect(response.status, operation.path).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
