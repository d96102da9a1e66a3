import protobuf from 'protobufjs';
import { fileOfDescriptor, type SchemaFile } from './descriptor.ts';
import { addWellKnownTypes } from './well-known.ts';

/**
 * Parses a schema together with all that it imports, and gives the messages that it declares itself outside of others, in
 * order. The registry's client library would take the first declaration for a message even where it is an enum, and
 * knows schemas as text only. Throws when an import is missing or the schema is none.
 */
export function parseProtobuf(schema: string, imports: readonly string[]): readonly protobuf.Type[] {
  const root = new protobuf.Root();
  for (const imported of imports) addFile(root, imported);
  const { package: scope, messages } = addFile(root, schema);
  addWellKnownTypes(root);
  // Names are resolved now, so that a schema with a missing import is known to be unusable before its first value.
  root.resolveAll();
  return messages.map((name) => root.lookupType(`${scope === '' ? '' : `.${scope}`}.${name}`));
}

function addFile(root: protobuf.Root, schema: string): Omit<SchemaFile, 'nested'> {
  const file = fileOfDescriptor(schema);
  if (file !== null) {
    const scope = file.package === '' ? root : root.define(file.package);
    scope.addJSON(file.nested);
    return file;
  }
  // Once alone, to see what it declares itself, and once together with the other files of its package.
  const alone = protobuf.parse(schema);
  protobuf.parse(schema, root);
  const scope = alone.package === undefined ? alone.root : alone.root.lookup(alone.package);
  const declared = scope instanceof protobuf.Namespace ? scope.nestedArray : [];
  return {
    package: alone.package ?? '',
    messages: declared.filter((one) => one instanceof protobuf.Type).map(({ name }) => name),
  };
}
