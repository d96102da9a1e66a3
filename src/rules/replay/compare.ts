import type { Audience, NotificationPolicies } from '../../model/plan.ts';
import { isTold, type Fate } from './fate.ts';
import type { Outcome } from './side.ts';

/** One thing of a notification that differs. For lists of people: who is only before, and who only after. */
export interface Change {
  /** `fate`, `audience.userids`, `message.action_card.title`, `policies.dedupe.key`, `app`, `template`, … */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What would change for the people or in the limits when the one took the place of the other. */
export function changesBetween(before: Outcome, after: Outcome): readonly Change[] {
  const changes: Change[] = [];
  const compare = (path: string, old: unknown, fresh: unknown): void => {
    if (JSON.stringify(old) !== JSON.stringify(fresh)) changes.push({ path, before: old, after: fresh });
  };
  compare('fate', fateText(before.fate), fateText(after.fate));
  // Nobody sees the message or the audience of what is told by neither.
  const matters = [before, after].some(({ fate }) => isTold(fate) || fate.kind === 'digested');
  if (matters) {
    changes.push(...audienceChanges(before.planned.audience, after.planned.audience));
    compare('people', before.planned.people, after.planned.people);
    compare('app', before.planned.app, after.planned.app);
    changes.push(...messageChanges(before, after));
  }
  const [old, fresh] = [policyView(before.planned.policies), policyView(after.planned.policies)];
  for (const path of new Set([...Object.keys(old), ...Object.keys(fresh)])) {
    compare(`policies.${path}`, old[path] ?? null, fresh[path] ?? null);
  }
  compare('max_recipients', before.planned.maxRecipients, after.planned.maxRecipients);
  return changes;
}

/** `sent`, `deferred until …`, `suppressed: throttled`, `failed: template_error: …`. */
export function fateText(fate: Fate): string {
  switch (fate.kind) {
    case 'sent':
      return 'sent';
    case 'digested':
      return 'collected for a digest';
    case 'deferred':
      return `deferred until ${new Date(fate.until).toISOString()}`;
    case 'suppressed':
      return `suppressed: ${fate.reason}`;
    case 'failed':
      return `failed: ${fate.reason}: ${fate.message}`;
  }
}

function audienceChanges(before: Audience, after: Audience): readonly Change[] {
  const changes: Change[] = [];
  const lists = {
    userids: [before.userids, after.userids],
    // Compared by number, shown masked.
    mobiles: [before.mobiles, after.mobiles],
    dept_id_list: [before.deptIds, after.deptIds],
  } as const;
  for (const [name, [old, fresh]] of Object.entries(lists)) {
    const gone = missingIn(fresh, old);
    const added = missingIn(old, fresh);
    if (gone.length + added.length > 0)
      changes.push({ path: `audience.${name}`, before: gone, after: added });
  }
  if (before.everyone !== after.everyone)
    changes.push({ path: 'audience.to_all_user', before: before.everyone, after: after.everyone });
  return changes;
}

type Member = Audience['userids'][number] | Audience['deptIds'][number] | Audience['mobiles'][number];

function missingIn(known: readonly Member[], members: readonly Member[]): readonly (string | number)[] {
  const keyOf = (member: Member): string | number => (typeof member === 'object' ? member.reveal() : member);
  const keys = new Set(known.map(keyOf));
  return members
    .filter((member) => !keys.has(keyOf(member)))
    .map((member) => (typeof member === 'object' ? String(member) : member));
}

function messageChanges(before: Outcome, after: Outcome): readonly Change[] {
  const [old, fresh] = [before.planned.message, after.planned.message];
  if (old?.body === fresh?.body) return [];
  const changes: Change[] = [];
  const [oldLeaves, freshLeaves] = [leavesOf(old?.body ?? null), leavesOf(fresh?.body ?? null)];
  for (const path of new Set([...oldLeaves.keys(), ...freshLeaves.keys()])) {
    const [was, is] = [oldLeaves.get(path) ?? null, freshLeaves.get(path) ?? null];
    if (was !== is) changes.push({ path: `message${path}`, before: was, after: is });
  }
  return changes;
}

/** Every text of a message by its path, `.action_card.title`; without a message none. */
function leavesOf(body: string | null): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) {
      leaves.set(path, typeof value === 'string' ? value : JSON.stringify(value));
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      walk(inner, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
    }
  };
  if (body !== null) walk(JSON.parse(body), '');
  return leaves;
}

/** Policies by the names that the configuration has for them; windows in words. */
function policyView(policies: NotificationPolicies): Readonly<Record<string, unknown>> {
  const { dedupe, throttle, digest, quiet } = policies;
  return {
    'dedupe.key': dedupe?.key ?? null,
    'dedupe.window': windowText(dedupe?.windowMs),
    'throttle.key': throttle?.key ?? null,
    'throttle.limit': throttle?.limit ?? null,
    'throttle.window': windowText(throttle?.windowMs),
    'digest.key': digest?.key ?? null,
    'digest.window': windowText(digest?.windowMs),
    'digest.max': digest?.max ?? null,
    'quiet_hours.action': quiet?.action ?? null,
    'quiet_hours.until': instant(quiet?.until ?? null),
    expires_at: instant(policies.expiresAt),
    over_limit: policies.overLimit,
    on_unknown: policies.onUnknown,
    track: policies.track,
    priority: policies.priority,
    correlation: policies.correlation,
  };
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** As the configuration writes it: `1h30m`. */
function windowText(ms: number | undefined): string | null {
  if (ms === undefined) return null;
  let rest = ms;
  let text = '';
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
