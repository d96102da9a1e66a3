import { checkMessage, type MessageCheck } from '../../dingtalk/messages.ts';
import type { MessageType } from '../../model/plan.ts';
import { roleOf } from './fields.ts';
import { cutAt, utf8Length } from './truncate.ts';

const ellipsis = '…';
/** Each round shortens one text. A message with so many that are too long is better rejected. */
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
    const texts = freeTexts(type, content, suffix);
    const target = tooLong.path === 'msg' ? longest(texts) : texts.find((text) => text.name === tooLong.path);
    if (target === undefined || target.head === ellipsis) return current;
    current = cut(target, tooLong.path, () => checkMessage({ msgtype: type, [type]: content }));
  }
  return current;
}

/**
 * Gives the text the longest head with which `place` is no longer too long; `…` alone when no head is short enough.
 * Whole messages are tried, because only these know what escapes in JSON and what cannot be seen take.
 */
function cut(target: FreeText, place: string, check: () => MessageCheck): MessageCheck {
  const attempt = (end: number): MessageCheck => {
    target.set(withoutLooseEnd(cutAt(target.head, end)) + ellipsis + target.tail);
    return check();
  };
  const fits = (found: MessageCheck): boolean =>
    !found.faults.some(({ code, path }) => code === 'too_long' && path === place);
  const shortest = attempt(0);
  if (!fits(shortest)) return shortest;
  let longestFitting = 0;
  let tooLong = target.head.length;
  while (tooLong - longestFitting > 1) {
    const middle = (longestFitting + tooLong) >> 1;
    if (fits(attempt(middle))) longestFitting = middle;
    else tooLong = middle;
  }
  return attempt(longestFitting);
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

/** An odd backslash at the end escaped what was cut off, and would escape the ellipsis. */
function withoutLooseEnd(text: string): string {
  let backslashes = 0;
  while (text.charAt(text.length - 1 - backslashes) === '\\') backslashes += 1;
  return backslashes % 2 === 0 ? text : text.slice(0, -1);
}
