import type { z } from 'zod';
import { bool, choice, duration, int, isMapping, leaf, nameOf, text, textOf } from './fields.ts';
import { messageSchema } from './schema-template.ts';
import { anything, either, keys, list, oneOrMany } from './shapes.ts';
import { cel, containsLiquid, departmentId, liquid, mobile, plainName, timeZone, topicNames, userid } from './words.ts';

/** The definition of a routes file: `defaults:` for its routes, and the routes themselves. */

const from = keys({ from: cel({ description: 'CEL expression that gives the list.' }) });
type From = z.infer<typeof from>;

/** A list in `to`: items written out, or `{ from: CEL }`. */
function recipients<T>(description: string, item: z.ZodType<T>, examples: readonly unknown[]) {
  const items = list(item, {}, 5000);
  return either<readonly T[] | From>({ description, examples: [...examples] }, [items, from], (value) => {
    if (Array.isArray(value)) return items;
    return isMapping(value) ? from : 'a list, or { from: … }';
  });
}

/** No name or number has a brace, so this was meant to be Liquid and would be taken for a person. */
const oneBrace = leaf<string>({}, (_value, fail) =>
  fail('has a { that fills in nothing', { remedy: 'write {{ … }}' }),
);

/** Checks literals at once; what holds Liquid is checked when an event has filled it. */
function orLiquid<T>(literal: z.ZodType<T>): z.ZodType<T | string> {
  const template = liquid({ pattern: '\\{\\{|\\{%|^\\s*$' });
  return either<T | string>({}, [literal, template], (value) => {
    const text = textOf(value);
    // A blank (of a variable that is not set) stands for nobody and drops out.
    if (text === null) return literal;
    if (containsLiquid(text) || text.trim() === '') return template;
    return text.includes('{') ? oneBrace : literal;
  });
}

const audience = keys(
  {
    mobiles: recipients('Mobile numbers.', orLiquid(mobile({})), [
      ['{{ data.owner_mobile }}', '13800001201'],
    ]).optional(),
    userids: recipients('DingTalk userids.', orLiquid(userid({})), [
      { from: 'data.approvers.map(a, a.userid)' },
    ]).optional(),
    dept_id_list: recipients('Department ids, sub-departments included.', orLiquid(departmentId({})), [
      [4417023],
    ]).optional(),
    groups: recipients('Groups of groups.yaml.', orLiquid(plainName({})), [['finance-oncall']]).optional(),
    to_all_user: bool({ description: 'Everyone in the company; stands alone.' }).optional(),
  },
  { description: 'Who is told: any mix of these, or everyone.' },
);

const clock = (description: string) =>
  leaf<number>(
    {
      type: 'string',
      pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$|\\$\\{[A-Za-z_]',
      description,
      examples: ['22:00'],
    },
    (value, fail) => {
      const found = textOf(value);
      const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(found ?? '');
      if (found === '24:00') return 1440;
      const remedy = 'write it as "22:00", with the quotes';
      if (match === null) return fail(`must be a time of day, not ${nameOf(value)}`, { remedy });
      return Number(match[1]) * 60 + Number(match[2]);
    },
  );

export const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const day = choice({}, dayNames);

const date = leaf<string>(
  { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$|\\$\\{[A-Za-z_]' },
  (value, fail) => {
    const found = textOf(value);
    const valid = found !== null && /^\d{4}-\d{2}-\d{2}$/.test(found) && !Number.isNaN(Date.parse(found));
    // `Date.parse` takes 2026-02-31 for 3 March.
    if (!valid || new Date(found).toISOString().slice(0, 10) !== found) {
      return fail(`must be a date such as 2026-10-01, not ${nameOf(value)}`);
    }
    return found;
  },
);

const quietHours = keys(
  {
    from: clock('When the quiet time begins.').optional(),
    to: clock('When it ends; at or before `from` means the next day.').optional(),
    time_zone: timeZone({
      description: 'Time zone of from, to and the dates; default: the top-level `time_zone`.',
    }).optional(),
    action: choice({ description: 'defer sends when the quiet time ends; drop never sends.' }, [
      'defer',
      'drop',
    ]).prefault('defer'),
    weekdays: list(
      day,
      {
        description: 'Days on which the nightly quiet time begins; default: every day.',
        examples: [['mon', 'tue']],
      },
      7,
      1,
    ).optional(),
    weekends: list(
      day,
      { description: 'Days that are quiet from midnight to midnight.', examples: [['sat', 'sun']] },
      6,
    ).optional(),
    holidays: list(
      date,
      { description: 'Dates that are quiet from midnight to midnight.', examples: [['2026-10-01']] },
      1000,
    ).optional(),
  },
  { description: 'A time in which nothing is sent.' },
);

const signalShape = {
  on: oneOrMany(
    { description: 'Topics of the later event; default: every topic.' },
    topicNames({}),
  ).optional(),
  type: oneOrMany({ description: 'Type of the later event, or several.' }, text({})),
  when: cel({ description: 'Condition on the later event.' }).optional(),
  key: cel({
    description: 'Key of the later event; it must equal the notification’s `correlation`.',
    examples: ['data.order_id'],
  }),
};

const signal = keys(signalShape);

const updateSignal = keys({
  ...signalShape,
  status_value: liquid({ description: 'New text of the status bar.', examples: ['已同意'] }),
  status_bg: text(
    { description: 'New colour of the status bar, 0xFFRRGGBB.', examples: ['0xFF78C06E'] },
    { pattern: /^0x[0-9A-Fa-f]{8}$/, what: 'a colour such as 0xFF78C06E' },
  ).optional(),
});

const windowKey = {
  key: cel({ description: 'Counted per value of this expression.', examples: ['data.order_id'] }),
  window: duration({ description: 'Length of the window.', examples: ['1h'] }, 1000, 366 * 86_400_000),
};

/** Everything that a route may say except its name and what it needs; `defaults:` takes the same keys. */
const shared = {
  description: text({ description: 'For people.' }).optional(),
  on: oneOrMany(
    { description: 'Topic, or several; * stands for any text.', examples: ['shop.orders', 'shop.*'] },
    topicNames({}),
  ),
  type: oneOrMany(
    {
      description: 'Event type, or several; without it every type.',
      examples: ['shop.OrderRefundRequested'],
    },
    text({}),
  ).optional(),
  when: cel({
    description: 'Condition; the route applies where it is true.',
    examples: ['data.amount_cents >= 100000'],
  }).optional(),
  for_each: cel({
    description: 'A list; each element becomes `item` and gives a notification of its own.',
    examples: ['data.lines'],
  }).optional(),
  to: audience,
  template: plainName({
    description: 'Name of a template: its file’s name without .yaml.',
    examples: ['refund-approval'],
  }).optional(),
  message: messageSchema.meta({ description: 'The message itself, instead of `template`.' }).optional(),
  locale: cel({
    description: 'Locale such as zh-CN; chooses `<template>.<locale>`.',
    examples: ['data.locale'],
  }).optional(),
  app: plainName({ description: 'App that sends, from `dingtalk.apps`.' }).prefault('default'),
  dedupe: keys(windowKey, {
    description: 'One notification per key and window; the rest is suppressed.',
  }).optional(),
  throttle: keys(
    { ...windowKey, limit: int({ description: 'Notifications per key in the window.' }, 1, 1_000_000) },
    { description: 'A limited number of notifications per key in a sliding window.' },
  ).optional(),
  quiet_hours: quietHours.optional(),
  digest: keys(
    {
      ...windowKey,
      max: int({ description: 'The digest goes out early when it has this many members.' }, 2, 500).prefault(
        50,
      ),
      template: plainName({
        description: 'Template of the digest, with `items`, `count`, `key`; default: the route’s own.',
      }).optional(),
    },
    { description: 'Collects notifications per key and sends one for all.' },
  ).optional(),
  expires_after: duration(
    { description: 'Not sent when the event is older than this.', examples: ['6h'] },
    1000,
  ).optional(),
  over_limit: choice({ description: 'What happens where a DingTalk limit would be passed.' }, [
    'drop',
    'defer',
    'dead_letter',
  ]).prefault('drop'),
  on_unknown: choice(
    { description: 'What happens when it is unknown whether a call succeeded; to_all_user always holds.' },
    ['resend', 'hold'],
  ).prefault('resend'),
  same_content: choice(
    {
      description:
        'DingTalk shows a person the same content once a day: suppress, or append the event’s time.',
    },
    ['suppress', 'append_event_time'],
  ).prefault('suppress'),
  max_recipients: int(
    { description: 'Nothing is sent to more people than this; departments count by size.' },
    1,
    5000,
  ).prefault(1000),
  track: choice({ description: 'What the final result waits for.' }, [
    'accepted',
    'delivered',
    'read',
  ]).prefault('delivered'),
  priority: choice({ description: 'high goes before the others.' }, ['high', 'normal']).prefault('normal'),
  correlation: cel({
    description: 'What `recall_on` and `update_on` refer to.',
    examples: ['data.order_id'],
  }).optional(),
  recall_on: oneOrMany(
    { description: 'Later events that take the notification back.' },
    signal,
    20,
  ).optional(),
  update_on: oneOrMany(
    { description: 'Later events that change the status bar of an OA message.' },
    updateSignal,
    20,
  ).optional(),
  stop: bool({ description: 'Later routes do not see an event that this route matched.' }).prefault(false),
  fallback: bool({ description: 'Applies only when no other route matched.' }).prefault(false),
  enabled: bool({ description: 'false switches the route off.' }).prefault(true),
};

export const routeSchema = keys({
  name: plainName({ description: 'Unique over all files.', examples: ['refund-needs-approval'] }),
  ...shared,
});

export type RouteKeys = z.infer<typeof routeSchema>;

/** For `defaults:` every key is optional and nothing is filled in; the merged route is checked as a whole. */
export const defaultsSchema = keys(withoutDefaults(shared), {
  description: 'Keys that every route of this file has unless it says otherwise.',
});

function withoutDefaults(shape: typeof shared): Record<string, z.ZodType> {
  const optional: Record<string, z.ZodType> = {};
  for (const [key, type] of Object.entries(shape)) {
    const inner = 'unwrap' in type ? (type.unwrap() as z.ZodType) : type;
    optional[key] = inner.optional();
  }
  return optional;
}

/** A route as it may stand in a file, where `defaults:` may have said what it needs. */
const routeInFile = keys({
  name: plainName({ description: 'Unique over all files.', examples: ['refund-needs-approval'] }),
  ...shared,
  on: shared.on.optional(),
  to: shared.to.optional(),
});

/** The whole file, for its JSON Schema; the loader checks `defaults` and each merged route on their own. */
export const routesFileSchema = keys(
  {
    defaults: defaultsSchema.optional(),
    routes: list(routeInFile, { description: 'The routes, in order of evaluation.' }),
  },
  { title: 'Routes of dingbus' },
);

/** The file’s outline alone. */
export const routesOutlineSchema = keys({
  defaults: anything().optional(),
  routes: list(anything()),
});
