import { mkdirSync, writeFileSync } from 'node:fs';
import { fileKinds, jsonSchemaOf } from '../src/config/json-schemas.ts';

/** Writes schemas/config/*.schema.json from the definitions; a test fails when the files are not up to date. */
const folder = new URL('../schemas/config/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const kind of fileKinds) {
  writeFileSync(new URL(`${kind}.schema.json`, folder), `${JSON.stringify(jsonSchemaOf(kind), null, 2)}\n`);
}
