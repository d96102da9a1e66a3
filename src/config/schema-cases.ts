import type { z } from 'zod';
import { bool, choice, int, isMapping, leaf, nameOf, text } from './fields.ts';
import { eventSchema, instant } from './schema-event.ts';
import { anything, keys, list } from './shapes.ts';
import { departmentId, mobile, plainName, userid } from './words.ts';

/** The definition of a cases file: events, and what must follow from each. */

const audience = keys(
  {
    mobiles: list(mobile({}), { description: 'All mobiles, in any order.' }).optional(),
    userids: list(userid({}), { description: 'All userids, in any order.' }).optional(),
    dept_id_list: list(departmentId({}), { description: 'All departments, in any order.' }).optional(),
    to_all_user: bool({ description: 'Everyone.' }).optional(),
  },
  { description: 'The audience with groups resolved; a kind that is not given is not checked.' },
);

const tree = (description: string) =>
  leaf<Record<string, unknown>>({ type: 'object', description }, (value, fail) => {
    if (isMapping(value)) return value;
    return fail(`must be a mapping, not ${nameOf(value)}`, { fault: 'wrong_type' });
  });

const expectation = keys({
  route: plainName({ description: 'Route whose notification this is.' }),
  item: int({ description: 'Index of the element, for routes with `for_each`.' }, 0).optional(),
  audience: audience.optional(),
  message: tree('Parts of the message, in DingTalk’s form; what is not given is not checked.').optional(),
  contains: list(text({}), { description: 'Texts that the message contains.' }).optional(),
  failure: choice({ description: 'The notification fails for this reason.' }, [
    'expression_error',
    'template_error',
    'message_too_long',
    'message_invalid',
  ]).optional(),
  policies: tree(
    'Verdicts of policies, e.g. `dedupe: A-1`, `quiet: defer`, `expires_at: "2026-03-02T10:00:00.000Z"`, `correlation: A-1`.',
  ).optional(),
});

const signal = keys({
  kind: choice({ description: 'What the event asks for.' }, ['recall', 'update']),
  route: plainName({ description: 'Route whose notifications are meant.' }),
  correlation: text({ description: 'Their correlation.' }).optional(),
});

export const caseSchema = keys({
  name: text({ description: 'What the case shows.' }),
  event: eventSchema,
  now: instant({
    description: 'The instant at which the event is handled; default: the event’s time.',
  }).optional(),
  expect: list(expectation, { description: 'Every notification that follows; an empty list: none.' }),
  signals: list(signal, {
    description: 'Every recall and update that follows; without the key: not checked.',
  }).optional(),
});

export type CaseKeys = z.infer<typeof caseSchema>;

export const casesFileSchema = keys(
  { cases: list(caseSchema, { description: 'The cases.' }) },
  { title: 'Cases of dingbus' },
);

export const casesOutlineSchema = keys({ cases: list(anything()) });
