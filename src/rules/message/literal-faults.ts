import { checkMessage } from '../../dingtalk/messages.ts';
import type { MessageFault } from '../../dingtalk/message-fault.ts';
import type { CompiledMessage } from './compiled-message.ts';
import { leavesOf, treeOf, type Tree } from './message-tree.ts';

/** Stands for what is known only when an event comes; no text that people write has it. */
const unknown = '\u{f0000}';

/** A fault with its place among the message's fields. */
export interface LiteralFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * What is wrong with a message whatever the event says: faults of fields without Liquid, fields that are missing, and
 * more literal text than fits. DingTalk would refuse every message of such a template.
 */
export function literalFaults(compiled: CompiledMessage): readonly LiteralFault[] {
  const tree = treeOf(compiled.content, [], null, () => ({ ok: true, text: unknown }));
  if (!tree.ok) return [];
  const message = { msgtype: compiled.type, [compiled.type]: tree.tree };
  return checkMessage(message).faults.flatMap((fault) => {
    const path = segmentsOf(fault.path);
    return isCertain(fault, at(message, path), compiled) ? [{ path, message: fault.message }] : [];
  });
}

function isCertain({ code }: MessageFault, value: Tree | undefined, compiled: CompiledMessage): boolean {
  if (code === 'too_long') return compiled.onTooLong === 'reject' && !isUnknown(value);
  // Which of two fields is empty may depend on the event.
  if (code === 'conflict') return value === undefined || !leavesOf(value).some(({ text }) => isUnknown(text));
  return !isUnknown(value);
}

function isUnknown(value: Tree | undefined): boolean {
  return typeof value === 'string' && value.includes(unknown);
}

/** `oa.body.form[2].key` → its segments. */
function segmentsOf(path: string): readonly (string | number)[] {
  return path.split('.').flatMap((part) => {
    const [name = '', ...indexes] = part.split(/[[\]]+/).filter((each) => each !== '');
    return [name, ...indexes.map(Number)];
  });
}

function at(tree: Tree, path: readonly (string | number)[]): Tree | undefined {
  return path.reduce<Tree | undefined>((inner, key) => {
    if (typeof inner !== 'object') return undefined;
    return Object.hasOwn(inner, key) ? (Reflect.get(inner, key) as Tree) : undefined;
  }, tree);
}
