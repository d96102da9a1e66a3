import type { MessageConfig, MessageField } from '../../config/config.ts';
import type { CompileContext, RouteTypes } from '../compile-context.ts';
import { containsLiquid } from '../../config/words.ts';
import type { CompiledField, CompiledMessage } from './compiled-message.ts';
import { roleOf } from './fields.ts';
import { literalFaults } from './literal-faults.ts';

/** Compiles every text of a message for the variables that it may speak of. */
export function compileMessage(
  config: MessageConfig,
  variables: readonly string[],
  types: RouteTypes,
  context: CompileContext,
): CompiledMessage {
  const faultsBefore = context.faults.length;
  const compile = (field: MessageField, path: readonly (string | number)[]): CompiledField => {
    if (Array.isArray(field)) {
      const items = field as readonly MessageField[];
      return { kind: 'list', items: items.map((item, index) => compile(item, [...path, index])) };
    }
    if (typeof field === 'object' && field !== null) {
      const { upload } = field as { readonly upload?: MessageField };
      if (typeof upload === 'string') return { kind: 'upload', path: upload };
      const entries = Object.entries(field).map(
        ([key, inner]) => [key, compile(inner, [...path, key])] as const,
      );
      return { kind: 'mapping', entries };
    }
    const text = field === null ? '' : String(field);
    if (!containsLiquid(text)) return { kind: 'literal', text };
    const mode = roleOf(config.type, path).markdown ? 'markdown' : 'plain';
    const where = [config.type, ...path];
    const template = context.template(text, mode, variables, types, config.source, where);
    return template === null ? { kind: 'literal', text: '' } : { kind: 'liquid', template };
  };
  const content = compile(config.fields, []);
  const message: CompiledMessage = { type: config.type, content, onTooLong: config.onTooLong, config };
  // Of a text that cannot be compiled nothing more is known.
  if (context.faults.length > faultsBefore) return message;
  for (const { path, message: what } of literalFaults(message)) {
    const fault = { code: 'wrong_value' as const, message: `${path.join('.')} ${what}`, remedy: null };
    context.report(config.source, path, fault);
  }
  return message;
}
