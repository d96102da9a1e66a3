import { checkMessage, type MessageCheck } from '../../dingtalk/messages.ts';
import type { MessageType } from '../../model/plan.ts';
import { roleOf } from './fields.ts';
import { truncateUtf8, utf8Length } from './truncate.ts';

const ellipsis = '…';
/** Each round shortens one text by what is too much; escapes in JSON can make a second round necessary. */
const maxRounds = 40;

type Container = Record<string | number, unknown>;

/**
 * Shortens the longest free text, again and again, until the message passes or nothing is left to shorten. `suffix`
 * is what was appended to the main text and stays whole. Addresses, colours and numbers are never touched.
 */
export function shorten(
  type: MessageType,
  content: object,
  suffix: string,
  checked: MessageCheck,
): MessageCheck {
  let current = checked;
  for (let round = 0; round < maxRounds && current.message === null; round += 1) {
    const tooLong = current.faults.find((found) => found.code === 'too_long');
    if (tooLong === undefined || current.faults.some((found) => found.code !== 'too_long')) return current;
    const { length, limit } = tooLong;
    if (length === null || limit === null) return current;
    const target =
      tooLong.path === 'msg'
        ? longest(freeTexts(type, content, suffix))
        : freeTexts(type, content, suffix).find((text) => text.name === tooLong.path);
    if (target === undefined) return current;
    const shorter =
      tooLong.path === 'msg'
        ? truncateUtf8(target.head, Math.max(3, utf8Length(target.head) - (length - limit)), ellipsis)
        : truncateUnits(target.head, limit - target.tail.length);
    if (shorter === target.head || shorter === '') return current;
    target.set(withoutLooseEnd(shorter) + target.tail);
    current = checkMessage({ msgtype: type, [type]: content });
  }
  return current;
}

interface FreeText {
  /** The path as faults name it. */
  readonly name: string;
  /** What may be shortened, and what follows it. */
  readonly head: string;
  readonly tail: string;
  set(text: string): void;
}

function freeTexts(type: MessageType, content: object, suffix: string): readonly FreeText[] {
  const found: FreeText[] = [];
  const walk = (container: Container, path: readonly (string | number)[], name: string): void => {
    for (const key of Array.isArray(container) ? container.keys() : Object.keys(container)) {
      const value = container[key];
      const inner = [...path, key];
      const innerName = typeof key === 'number' ? `${name}[${key}]` : `${name}.${key}`;
      if (typeof value === 'object' && value !== null) walk(value as Container, inner, innerName);
      const role = roleOf(type, inner);
      if (typeof value !== 'string' || !role.free) continue;
      const tail = role.main && suffix !== '' && value.endsWith(suffix) ? suffix : '';
      found.push({
        name: innerName,
        head: value.slice(0, value.length - tail.length),
        tail,
        set: (text) => {
          container[key] = text;
        },
      });
    }
  };
  walk(content as Container, [], type);
  return found;
}

function longest(texts: readonly FreeText[]): FreeText | undefined {
  return texts.reduce<FreeText | undefined>(
    (best, text) => (best === undefined || utf8Length(text.head) > utf8Length(best.head) ? text : best),
    undefined,
  );
}

/** To `maxUnits` UTF-16 units, in which DingTalk counts the lengths of fields. */
function truncateUnits(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text;
  let bytes = utf8Length(text.slice(0, Math.max(0, maxUnits)));
  let shorter = truncateUtf8(text, bytes, ellipsis);
  while (shorter.length > maxUnits && bytes > 0) {
    bytes -= 1;
    shorter = truncateUtf8(text, bytes, ellipsis);
  }
  return shorter;
}

/** A backslash that escaped what was cut off would escape the ellipsis. */
function withoutLooseEnd(text: string): string {
  return text.endsWith(ellipsis) ? text.slice(0, -1).replace(/\\+$/, '') + ellipsis : text;
}
