import { expect, it } from 'vitest';
import { nextCheckAt } from '../../../src/tracking/schedule.ts';

const minute = 60_000;
const hour = 60 * minute;
const schedule = { checks: [5_000, minute, hour], windowMs: 24 * hour };
const last = 24 * hour - 10 * minute;

it.each([
  ['the first after it was accepted', 0, 5_000],
  ['the next one after the first', 5_001, minute],
  ['none of those that were missed', 30 * minute, hour],
  ['the last one when the plan is used up', 2 * hour, last],
  ['not at once, however near the next one is', 59_900, 60_900],
  ['not later than the last', last - 10, last],
  ['none when the window is as good as over', last, null],
])('plans %s', (_what, now, next) => {
  expect(nextCheckAt(0, schedule, now)).toBe(next);
});
