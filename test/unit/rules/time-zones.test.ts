/** Whatever time zone the machine is set to, daylight saving included, dingbus decides and prints the same. */
import { describe, expect, it, vi } from 'vitest';
import {
  dingtalkDay,
  dingtalkMonth,
  nextDingtalkDay,
  nextDingtalkMonth,
} from '../../../src/base/dingtalk-day.ts';
import { compile, event, route } from '../../fakes/rules.ts';

const minute = 60_000;
const hour = 60 * minute;
/** New York leaves and returns to standard time on 8 March and 1 November 2026, at these instants. */
const springs = Date.parse('2026-03-08T07:00:00Z');
const falls = Date.parse('2026-11-01T06:00:00Z');
const turns = [springs, falls, Date.parse('2026-12-31T16:00:00Z'), Date.parse('2026-02-28T16:00:00Z')];
const instants = turns.flatMap((at) => [-30, -13, -1, 0, 1, 3, 26].map((hours) => at + hours * hour));
const zones = ['UTC', 'America/New_York', 'Pacific/Kiritimati', 'Asia/Shanghai', 'Europe/Berlin'];

const yaml = `routes:
  - name: r
    on: orders
    to: { userids: [manager01] }
    quiet_hours: { from: "22:00", to: "08:00" }
    expires_after: 6h
    same_content: append_event_time
    message: { markdown: { title: "{{ data.at }}", text: "{{ meta.time }} {{ data.at | date: '%Y-%m-%d %H:%M' }}" } }
`;

/** Everything of one instant that has to do with days, hours and zones. */
function seen(at: number): unknown {
  const when = new Date(at);
  const plan = compile(yaml).rules.plan(event({ at: when }, { time: when }), at);
  const [planned] = plan.notifications;
  return {
    day: dingtalkDay(at),
    month: dingtalkMonth(at),
    nextDay: nextDingtalkDay(at),
    nextMonth: nextDingtalkMonth(at),
    quiet: planned?.policies.quiet,
    expiresAt: planned?.policies.expiresAt,
    body: planned?.message?.body,
    failure: planned?.failure,
  };
}

describe('the time zone of the machine', () => {
  it('is really another one in this test', () => {
    vi.stubEnv('TZ', 'America/New_York');
    expect(new Date(springs - minute).getHours()).toBe(1);
    expect(new Date(springs).getHours()).toBe(3);
  });

  it.each(zones)('changes nothing: %s', (zone) => {
    vi.stubEnv('TZ', 'Asia/Shanghai');
    const expected = instants.map(seen);
    vi.stubEnv('TZ', zone);
    expect(instants.map(seen)).toEqual(expected);
  });

  it('is not asked for the day: it ends at midnight in Shanghai', () => {
    vi.stubEnv('TZ', 'America/New_York');
    for (const at of instants) {
      const next = nextDingtalkDay(at);
      expect(new Date(next).toISOString()).toMatch(/T16:00:00\.000Z$/);
      expect(next - at).toBeLessThanOrEqual(24 * hour);
      expect(dingtalkDay(next - 1)).toBe(dingtalkDay(at));
      expect(dingtalkDay(next)).not.toBe(dingtalkDay(at));
    }
  });

  it.each([
    ['2026-03-02T09:30:00', '2026-03-02 09:30:00.000+0800'],
    ['2026-03-02 09:30', '2026-03-02 09:30:00.000+0800'],
    ['2026-03-02 9:30:15.25', '2026-03-02 09:30:15.250+0800'],
    ['2026-03-02', '2026-03-02 00:00:00.000+0800'],
    ['2026-03-02T01:30:00Z', '2026-03-02 09:30:00.000+0800'],
    ['2026-03-02 01:30:00 UTC', '2026-03-02 09:30:00.000+0800'],
    ['2026-03-01 20:30:00-05', '2026-03-02 09:30:00.000+0800'],
    ['2026-03-02T09:30:00.123456789+0800', '2026-03-02 09:30:00.123+0800'],
  ])('does not say what %s means: without an offset `time_zone` does', (at, printed) => {
    vi.stubEnv('TZ', 'America/New_York');
    const liquid = "{{ data.at | date: '%Y-%m-%d %H:%M:%S.%L%z' }}";
    const [planned] = compile(route('', liquid)).rules.plan(event({ at }), springs).notifications;
    expect(planned?.message?.body).toContain(printed);
  });

  it('nor does it say when clocks were changed', () => {
    vi.stubEnv('TZ', 'Asia/Shanghai');
    const liquid = "{{ data.at | date: '%H:%M %z' }}";
    const { rules } = compile(route('', liquid), {}, 'time_zone: America/New_York\n');
    const printed = (at: string) => rules.plan(event({ at }), springs).notifications[0]?.message?.body;
    expect(printed('2026-03-08 01:59')).toContain('01:59 -0500');
    expect(printed('2026-03-08 03:00')).toContain('03:00 -0400');
    expect(printed('2026-03-08')).toContain('00:00 -0500');
  });
});
