import type { CaseExpectation, MessageField } from '../config/config.ts';
import { suggest } from '../config/suggest.ts';
import type { PlannedNotification } from '../model/plan.ts';
import { normaliseMobile } from './recipients.ts';

/** One thing that is not as a case expects it. */
export interface Difference {
  /** `refund-needs-approval message.action_card.title`. */
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
}

/** Compares what a case says of one notification; what it does not say is not compared. */
export function differences(
  name: string,
  expected: CaseExpectation,
  planned: PlannedNotification,
): readonly Difference[] {
  const found: Difference[] = [];
  const compare = (path: string, wanted: MessageField, actual: unknown): void => {
    if (JSON.stringify(wanted) !== JSON.stringify(actual)) {
      found.push({ path: `${name} ${path}`, expected: shown(wanted), actual: shown(actual) });
    }
  };
  const failure = planned.failure?.reason ?? null;
  if (failure !== expected.failure) {
    const actual = planned.failure === null ? 'none' : `${failure}: ${planned.failure.message}`;
    found.push({ path: `${name} failure`, expected: expected.failure ?? 'none', actual });
  }
  if (expected.audience !== null) {
    const { mobiles, userids, deptIds, toAllUser } = expected.audience;
    const { audience } = planned;
    if (mobiles !== null) {
      // Cases are files of whoever wrote the numbers into them, so these may be shown.
      const actual = audience.mobiles.map((mobile) => mobile.reveal());
      compare('audience.mobiles', sorted(mobiles.map(normaliseMobile)), sorted(actual));
    }
    if (userids !== null) compare('audience.userids', sorted(userids), sorted(audience.userids));
    if (deptIds !== null) {
      compare('audience.dept_id_list', sorted(deptIds.map(String)), sorted(audience.deptIds.map(String)));
    }
    if (toAllUser !== null) compare('audience.to_all_user', toAllUser, audience.everyone);
  }
  const body = planned.message?.body ?? null;
  if (expected.message !== null) {
    const actual: unknown = body === null ? null : JSON.parse(body);
    compareTree(`${name} message`, expected.message, actual, found);
  }
  for (const text of expected.contains) {
    const inside = body !== null && textsOf(JSON.parse(body)).some((found) => found.includes(text));
    if (!inside) found.push({ path: `${name} contains`, expected: shown(text), actual: shown(body) });
  }
  if (expected.policies !== null) comparePolicies(`${name} policies`, expected.policies, planned, found);
  return found;
}

/** A name that no policy has is a difference even where nothing is expected of it: the case means another one. */
function comparePolicies(
  path: string,
  expected: NonNullable<CaseExpectation['policies']>,
  planned: PlannedNotification,
  found: Difference[],
): void {
  const actual = verdicts(planned);
  const names = Object.keys(actual);
  for (const [key, wanted] of Object.entries(expected)) {
    if (Object.hasOwn(actual, key)) {
      compareTree(`${path}.${key}`, wanted, actual[key], found);
      continue;
    }
    const near = suggest(key, names);
    const remedy = near === null ? `the names are ${names.join(', ')}` : `did you mean "${near}"?`;
    found.push({
      path: `${path}.${key}`,
      expected: shown(wanted),
      actual: `no policy of this name; ${remedy}`,
    });
  }
}

/** Policies in short: keys by their value, quiet hours by what they do. */
export function verdicts(planned: PlannedNotification): Record<string, MessageField> {
  const { policies } = planned;
  return {
    dedupe: policies.dedupe?.key ?? null,
    throttle: policies.throttle?.key ?? null,
    digest: policies.digest?.key ?? null,
    quiet: policies.quiet?.action ?? null,
    quiet_until: policies.quiet === null ? null : new Date(policies.quiet.until).toISOString(),
    expires_at: policies.expiresAt === null ? null : new Date(policies.expiresAt).toISOString(),
    correlation: policies.correlation,
    over_limit: policies.overLimit,
    on_unknown: policies.onUnknown,
    track: policies.track,
    priority: policies.priority,
    template: planned.template,
    app: planned.app,
  };
}

/** Every key that is expected must be equal; lists must be equal as a whole. */
function compareTree(path: string, expected: MessageField, actual: unknown, found: Difference[]): void {
  const isMapping = typeof expected === 'object' && expected !== null && !Array.isArray(expected);
  if (isMapping && typeof actual === 'object' && actual !== null && !Array.isArray(actual)) {
    for (const [key, inner] of Object.entries<MessageField>(expected)) {
      compareTree(`${path}.${key}`, inner, (actual as Record<string, unknown>)[key], found);
    }
    return;
  }
  const same =
    Array.isArray(expected) && Array.isArray(actual)
      ? JSON.stringify(expected) === JSON.stringify(actual)
      : // DingTalk's fields are texts, and people write numbers.
        !isMapping && scalar(expected) === scalar(actual);
  if (!same) found.push({ path, expected: shown(expected), actual: shown(actual) });
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
