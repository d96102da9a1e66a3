import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { problem } from './schemas.ts';

/** What `Access` may answer: no token or a wrong one, not with this one or not from there, too many wrong ones. */
const accessRefusals = [401, 403, 429];

type JsonObject = { [key: string]: unknown };

/** The OpenAPI 3.1 document of the endpoints, made from the schemas that check their input. */
export function openApiDocument(endpoints: readonly Endpoint[]): JsonObject {
  const paths: { [path: string]: JsonObject } = {};
  for (const endpoint of endpoints) {
    (paths[`/api/v1${endpoint.path}`] ??= {})[endpoint.method] = operation(endpoint);
  }
  paths['/api/v1/events'] = { get: eventStream };
  return {
    openapi: '3.1.0',
    info: {
      title: 'dingbus',
      version: '1',
      description:
        'Sees and steers dingbus. Reading is open on the same machine unless a read token is configured; everything that changes something needs the admin token.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(endpoints.map((endpoint) => endpoint.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      responses: {
        problem: {
          description: 'Why it was not done (RFC 9457)',
          content: { 'application/problem+json': { schema: jsonSchema(problem, 'output') } },
        },
      },
    },
  };
}

function operation(endpoint: Endpoint): JsonObject {
  const parameters = [...parametersOf(endpoint.params, 'path'), ...parametersOf(endpoint.query, 'query')];
  return {
    operationId: operationId(endpoint),
    tags: [endpoint.tag],
    summary: endpoint.summary,
    security: endpoint.role === 'admin' ? [{ token: [] }] : [{ token: [] }, {}],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(endpoint.body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchema(endpoint.body, 'input') } },
          },
        }),
    responses: {
      200: {
        description: 'Done',
        content: { 'application/json': { schema: jsonSchema(endpoint.answer, 'output') } },
      },
      ...problems(endpoint),
    },
  };
}

/** Every status that is no success; 500 is a fault of ours and no part of the contract. */
function problems({ params, query, body, refusals }: Endpoint): JsonObject {
  const input = params !== null || query !== null || body !== null ? [400] : [];
  const statuses = [...input, ...(body === null ? [] : [413, 415]), ...accessRefusals, ...refusals, 503];
  return Object.fromEntries(statuses.map((status) => [status, { $ref: '#/components/responses/problem' }]));
}

function parametersOf(schema: z.ZodType | null, where: 'path' | 'query'): JsonObject[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...json } = jsonSchema(field as z.ZodType, 'input');
    return {
      name,
      in: where,
      required: where === 'path',
      ...(description === undefined ? {} : { description }),
      schema: json,
    };
  });
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return rest;
}

/** `get /notifications/{id}` → `getNotificationsById`. */
function operationId(endpoint: Endpoint): string {
  const words = endpoint.path
    .split('/')
    .filter((word) => word !== '')
    .map((word) => (word.startsWith('{') ? `by-${word.slice(1, -1)}` : word));
  return [endpoint.method, ...words]
    .join('-')
    .replace(/-(\w)/g, (__, letter: string) => letter.toUpperCase());
}

const eventStream: JsonObject = {
  operationId: 'getEvents',
  tags: ['Service'],
  summary: 'Server-sent events: `status` with what /api/v1/status gives, every few seconds',
  security: [{ token: [] }, {}],
  responses: {
    200: {
      description: 'A stream that does not end',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    },
    ...Object.fromEntries(
      accessRefusals.map((status) => [status, { $ref: '#/components/responses/problem' }]),
    ),
  },
};
