import type { CaseConfig, CaseExpectation, MessageField } from '../config/config.ts';
import type { PlannedNotification, Signal } from '../model/plan.ts';
import { verdicts } from './case-differences.ts';
import { pairUp } from './cases.ts';

/** What a case would have to say to pass, in the form in which it is written. */
export interface CaseUpdate {
  readonly expect: readonly Readonly<Record<string, unknown>>[];
  /** Null where the case does not look at them. */
  readonly signals: readonly Readonly<Record<string, unknown>>[] | null;
}

/**
 * Brings a case up to date: what it looks at gets the present value, and it goes on not looking at the rest. New
 * notifications are added with their audience; texts that a message no longer contains are dropped.
 */
export function updatedCase(
  found: CaseConfig,
  notifications: readonly PlannedNotification[],
  signals: readonly Signal[],
): CaseUpdate {
  const pairs = pairUp(found.expect, notifications).filter(({ planned }) => planned !== null);
  const counts = new Map<string, number>();
  for (const { route } of notifications) counts.set(route, (counts.get(route) ?? 0) + 1);
  const expect = pairs.flatMap(({ expectation, planned }) => {
    if (planned === null) return [];
    return [
      expectation === null
        ? added(planned, (counts.get(planned.route) ?? 0) > 1)
        : kept(expectation, planned),
    ];
  });
  const told = signals.map(({ kind, route, correlation }) => ({ kind, route, correlation }));
  return { expect, signals: found.expectSignals === null ? null : told };
}

function added(planned: PlannedNotification, isOneOfMany: boolean): Record<string, unknown> {
  const { audience, failure } = planned;
  const { mobiles, userids, dept_id_list } = listsOf(planned);
  return {
    route: planned.route,
    ...(isOneOfMany ? { item: planned.item } : {}),
    audience: {
      ...(mobiles.length > 0 ? { mobiles } : {}),
      ...(userids.length > 0 ? { userids } : {}),
      ...(dept_id_list.length > 0 ? { dept_id_list } : {}),
      ...(audience.everyone ? { to_all_user: true } : {}),
    },
    ...(failure === null ? {} : { failure: failure.reason }),
  };
}

function kept(expectation: CaseExpectation, planned: PlannedNotification): Record<string, unknown> {
  const { audience, message, contains, policies } = expectation;
  const lists = listsOf(planned);
  const body = planned.message === null ? null : (JSON.parse(planned.message.body) as MessageField);
  const stillThere = contains.filter(
    (text) => body !== null && textsOf(body).some((each) => each.includes(text)),
  );
  const tree = message === null || body === null ? undefined : present(message, body);
  return {
    route: expectation.route,
    ...(expectation.item === null ? {} : { item: expectation.item }),
    ...(audience === null
      ? {}
      : {
          audience: {
            ...(audience.mobiles === null ? {} : { mobiles: lists.mobiles }),
            ...(audience.userids === null ? {} : { userids: lists.userids }),
            ...(audience.deptIds === null ? {} : { dept_id_list: lists.dept_id_list }),
            ...(audience.toAllUser === null ? {} : { to_all_user: planned.audience.everyone }),
          },
        }),
    ...(tree === undefined ? {} : { message: tree }),
    ...(stillThere.length === 0 ? {} : { contains: stillThere }),
    ...(planned.failure === null ? {} : { failure: planned.failure.reason }),
    ...(policies === null ? {} : { policies: present(policies, verdicts(planned)) ?? {} }),
  };
}

/** Cases are files of whoever keeps them, and they hold mobiles in clear. */
function listsOf({ audience }: PlannedNotification) {
  return {
    mobiles: audience.mobiles.map((mobile) => mobile.reveal()),
    userids: [...audience.userids],
    dept_id_list: [...audience.deptIds],
  };
}

/** The present value of everything that is looked at; undefined where there is nothing any more. */
function present(expected: MessageField, actual: MessageField | undefined): MessageField | undefined {
  if (actual === undefined) return undefined;
  if (!isMapping(expected) || !isMapping(actual)) return actual;
  const entries = Object.entries(expected).flatMap(([key, inner]): [string, MessageField][] => {
    const value = present(inner, Object.hasOwn(actual, key) ? actual[key] : undefined);
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}

function isMapping(value: MessageField): value is { readonly [key: string]: MessageField } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textsOf(value: MessageField): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null
    ? Object.values<MessageField>(value).flatMap(textsOf)
    : [];
}
