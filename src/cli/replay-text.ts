import { maskText, presentable } from '../server/masking.ts';
import type { ReplayDifference, ReplayedNotification, ReplaySummary } from '../rules/replay/replay.ts';
import type { ReplayTotals } from '../rules/replay/totals.ts';
import { oneLine, table } from './table.ts';

const marks = { added: '+', gone: '-', changed: '~' } as const;

/** One difference for people: what, for which event, and what differs. */
export function differenceText(difference: ReplayDifference, why: string | null): string {
  const { change, event, before, after, changes } = difference;
  const id = `${event.topic} ${event.type ?? '(no type)'} ${event.source} ${event.id}`;
  const lines = [`${marks[change]} ${nameOf(difference)}  ${oneLine(maskText(id))}`];
  const there = after ?? before;
  if (change !== 'changed' && there !== null) lines.push(...notificationLines(there));
  if (why !== null) lines.push(`    ${change === 'added' ? 'before' : 'after'}: ${oneLine(maskText(why))}`);
  for (const { path, before: old, after: fresh } of changes) lines.push(...changeLines(path, old, fresh));
  return lines.join('\n');
}

function nameOf({ subject, route, item, key }: ReplayDifference): string {
  const shownKey = key === null ? '' : ` ${oneLine(maskText(key))}`;
  switch (subject) {
    case 'notification':
      return `${route ?? ''}${item === 0 ? '' : `[${item}]`}`;
    case 'digest':
      return `${route ?? ''} digest${shownKey}`;
    case 'recall':
    case 'update':
      return `${subject} of ${route ?? ''}${shownKey}`;
    case 'dead_letter':
      return `dead letter${shownKey}`;
  }
}

function notificationLines(one: ReplayedNotification): string[] {
  const to = one.broadcast ? 'everyone' : `${one.people} ${one.people === 1 ? 'person' : 'people'}`;
  const members = one.members === null ? '' : `, ${one.members} members`;
  const template = one.template === null ? '' : `, template ${one.template}`;
  const lines = [`    ${oneLine(maskText(one.fate))} → ${to}${members}${template}`];
  if (one.message !== null) lines.push(...textLines(' ', mainText(one.message)));
  return lines;
}

const longestText = 600;

/** The texts of a message, one after the other: enough to know which message it is. */
function mainText(body: string): string {
  const texts: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
  };
  const { msgtype, ...content } = JSON.parse(body) as { msgtype: string };
  walk(content);
  const text = `${msgtype}: ${texts.join('\n')}`;
  return text.length <= longestText ? text : `${text.slice(0, longestText)}…`;
}

function changeLines(path: string, old: unknown, fresh: unknown): string[] {
  if (Array.isArray(old) && Array.isArray(fresh)) {
    const listed = [...old.map((each) => `-${shown(each)}`), ...fresh.map((each) => `+${shown(each)}`)];
    return [`    ${path}: ${listed.join(' ')}`];
  }
  const isLong = [old, fresh].some(
    (text) => typeof text === 'string' && (text.includes('\n') || text.length > 60),
  );
  if (!isLong) return [`    ${path}: ${shown(old)} → ${shown(fresh)}`];
  return [`    ${path}:`, ...lineDifferences(textOf(old), textOf(fresh))];
}

/** The lines that differ, between those that are equal at the beginning and at the end. */
function lineDifferences(old: string, fresh: string): string[] {
  const [before, after] = [old.split('\n'), fresh.split('\n')];
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const middle = (lines: readonly string[]): string => lines.slice(head, lines.length - tail).join('\n');
  const parts: string[] = [];
  if (before.length - tail > head) parts.push(...textLines('-', middle(before)));
  if (after.length - tail > head) parts.push(...textLines('+', middle(after)));
  return parts;
}

function textLines(mark: string, text: string): string[] {
  return maskText(text)
    .split('\n')
    .map((line) => `      ${mark} ${oneLine(line)}`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  const masked = presentable(value);
  return oneLine(typeof masked === 'string' ? masked : JSON.stringify(masked));
}

/** What all differences amount to: routes that differ, then the sums of both sides. */
export function summaryText({
  records,
  before,
  after,
  routes,
  differences,
  estimate,
}: ReplaySummary): string {
  const { added, gone, changed } = differences;
  const counted = `${number(records)} ${records === 1 ? 'event' : 'events'}`;
  if (added + gone + changed === 0) return `${counted}: nothing would change`;
  const rows = routes
    .filter((route) => route.added + route.gone + route.changed > 0)
    .map((route) => [
      route.route,
      route.before.sent,
      route.after.sent,
      route.added,
      route.gone,
      route.changed,
    ]);
  const parts = [
    `${counted}: ${number(added)} added, ${number(gone)} gone, ${number(changed)} changed`,
    table(['', 'BEFORE', 'AFTER', 'DIFFERENCE'], sums(before, after)),
  ];
  if (rows.length > 0) {
    parts.splice(1, 0, table(['ROUTE', 'SENT BEFORE', 'SENT AFTER', 'ADDED', 'GONE', 'CHANGED'], rows));
  }
  if (estimate)
    parts.push('More keys than are remembered: dedupe, throttle, digests, people and calls are estimates.');
  return parts.join('\n\n');
}

function sums(before: ReplayTotals, after: ReplayTotals): (string | number)[][] {
  const row = (name: string, old: number, fresh: number): (string | number)[] => {
    const difference = fresh - old;
    return [name, old, fresh, difference > 0 ? `+${difference}` : String(difference)];
  };
  const always = [
    row('messages sent', before.sent, after.sent),
    row('people reached', before.people, after.people),
    row('messages to people', before.recipients, after.recipients),
    row('broadcasts', before.broadcasts, after.broadcasts),
    row('DingTalk calls', before.calls, after.calls),
  ];
  const others = [
    row('deferred', before.deferred, after.deferred),
    row('collected for digests', before.digested, after.digested),
    row('recalls', before.recalls, after.recalls),
    row('status updates', before.updates, after.updates),
    row('repeated events', before.duplicates, after.duplicates),
    ...byReason('suppressed', before.suppressed, after.suppressed, row),
    ...byReason('failed', before.failed, after.failed, row),
    ...byReason('dead letters', before.deadLetters, after.deadLetters, row),
  ];
  return [...always, ...others.filter(([, old, fresh]) => old !== 0 || fresh !== 0)];
}

function byReason(
  name: string,
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  row: (name: string, old: number, fresh: number) => (string | number)[],
): (string | number)[][] {
  const reasons = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return reasons.map((reason) => row(`${name}: ${reason}`, before[reason] ?? 0, after[reason] ?? 0));
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
