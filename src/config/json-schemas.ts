import { casesFileSchema } from './schema-cases.ts';
import { dingbusSchema } from './schema-dingbus.ts';
import { groupsFileSchema } from './schema-groups.ts';
import { routesFileSchema } from './schema-route.ts';
import { templateFileSchema } from './schema-template.ts';
import { jsonOf, type JsonSchemaOf } from './shapes.ts';

/** The kinds of configuration files. */
export const fileKinds = ['dingbus', 'routes', 'template', 'groups', 'cases'] as const;

export type FileKind = (typeof fileKinds)[number];

const definitions = {
  dingbus: dingbusSchema,
  routes: routesFileSchema,
  template: templateFileSchema,
  groups: groupsFileSchema,
  cases: casesFileSchema,
};

/** The JSON Schema of a kind of file, made from the definition that checks it; editors complete and underline by it. */
export function jsonSchemaOf(kind: FileKind): JsonSchemaOf {
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...jsonOf(definitions[kind]) };
}
