import { describe, expect, it } from 'vitest';
import type { QuietHoursConfig } from '../../../src/config/config.ts';
import { quietUntil } from '../../../src/rules/quiet-hours.ts';
import { zonedIso } from '../../../src/rules/zoned-time.ts';
import { compile, event, now, route } from '../../fakes/rules.ts';

function policies(keys: string, data: unknown, meta = {}, at = now) {
  const [planned] = compile(route(keys)).rules.plan(event(data, meta), at).notifications;
  if (planned === undefined) throw new Error('no notification');
  return { ...planned.policies, failure: planned.failure };
}

describe('policies', () => {
  it('have their keys told for the event', () => {
    const keys = `dedupe: { key: data.order, window: 24h }
throttle: { key: "[data.team, data.n]", limit: 5, window: 1h }
correlation: data.n
expires_after: 6h
track: read
priority: high
over_limit: defer`;
    expect(policies(keys, { order: 'A-1', team: 'shop', n: 7n })).toMatchObject({
      dedupe: { key: 'A-1', windowMs: 86_400_000 },
      throttle: { key: '["shop","7"]', limit: 5, windowMs: 3_600_000 },
      correlation: '7',
      expiresAt: now + 6 * 3_600_000,
      track: 'read',
      priority: 'high',
      overLimit: 'defer',
      onUnknown: 'resend',
      mergeable: true,
    });
  });

  it('count expiry from the receipt where the event has no time', () => {
    expect(policies('expires_after: 1h', {}, { time: null }, now + 5).expiresAt).toBe(now + 5 + 3_600_000);
  });

  it.each([
    ['dedupe: { key: data.missing, window: 1h }', {}],
    ['throttle: { key: data.k, limit: 1, window: 1h }', { k: null }],
    ['correlation: data.k', { k: { a: 1n } }],
    ['digest: { key: data.missing, window: 10m }', {}],
  ])('%s makes the route fail when it has no key', (keys, data) => {
    expect(policies(keys, data).failure?.reason).toBe('expression_error');
  });

  it.each([
    ['x'.repeat(513), 'dedupe.key: gives more than 512 characters'],
    [{}, 'dedupe.key: gives neither a text nor a number'],
  ])('say what is wrong with a key', (k, message) => {
    const { failure } = policies('dedupe: { key: data.k, window: 1h }', { k });
    expect(failure?.message).toContain(message);
  });

  it('hold a broadcast whose outcome is unknown, whatever the route says', () => {
    const yaml =
      'routes:\n  - name: r\n    on: orders\n    on_unknown: resend\n    to: { to_all_user: true }\n    message: { text: { content: x } }\n';
    expect(compile(yaml).rules.plan(event({}), now).notifications[0]?.policies.onUnknown).toBe('hold');
  });

  it('never share the calls of what can be recalled', () => {
    const keys = 'correlation: data.id\nrecall_on: { type: Gone, key: data.id }';
    expect(policies(keys, { id: 'A' }).mergeable).toBe(false);
  });
});

describe('signals', () => {
  const yaml = route(`type: Asked
correlation: data.id
recall_on: { type: Gone, when: data.really, key: data.id }`);

  it('come from events that match no route', () => {
    const plan = compile(yaml).rules.plan(
      event({ id: 'A-1', really: true }, { type: 'Gone', topic: 'leave' }),
      now,
    );
    expect(plan.notifications).toEqual([]);
    expect(plan.signals).toEqual([
      { kind: 'recall', route: 'r', correlation: 'A-1', statusValue: null, statusBg: null },
    ]);
  });

  it('need their condition', () => {
    const plan = compile(yaml).rules.plan(event({ id: 'A-1', really: false }, { type: 'Gone' }), now);
    expect(plan.signals).toEqual([]);
  });

  it('that cannot be told are a failure of their route, not silence', () => {
    const plan = compile(yaml).rules.plan(event({ really: true }, { type: 'Gone' }), now);
    expect(plan.signals).toEqual([]);
    expect(plan.notifications[0]?.failure?.message).toMatch(/^recall_on\.key/);
  });

  it('carry the new status bar, rendered for the later event', () => {
    const update = `routes:
  - name: r
    on: orders
    type: Asked
    to: { userids: [u1] }
    correlation: data.id
    update_on: { type: Done, key: data.id, status_value: "{{ data.by }} 已同意", status_bg: "0xFF78C06E" }
    message:
      oa:
        message_url: https://ops.example.com/
        head: { bgcolor: FFBBBBBB, text: 审批 }
        status_bar: { status_value: 待审批, status_bg: "0xFFFF9D46" }
        body: { title: x }
`;
    const { rules } = compile(update);
    const plan = rules.plan(event({ id: 'A-1', by: '秦岚' }, { type: 'Done' }), now);
    expect(plan.signals).toEqual([
      { kind: 'update', route: 'r', correlation: 'A-1', statusValue: '秦岚 已同意', statusBg: '0xFF78C06E' },
    ]);
    const [planned] = rules.plan(event({ id: 'A-1' }, { type: 'Asked' }), now).notifications;
    expect(planned?.message?.statusBar).toBe(true);
    expect(planned?.policies.mergeable).toBe(false);
  });
});

const night: QuietHoursConfig = {
  nightly: true,
  fromMinute: 22 * 60,
  toMinute: 8 * 60,
  timeZone: 'Asia/Shanghai',
  action: 'defer',
  days: null,
  quietDays: [],
  holidays: [],
};

function until(quiet: Partial<QuietHoursConfig>, at: string): string | null {
  const config = { ...night, ...quiet };
  const end = quietUntil(config, Date.parse(at));
  return end === null ? null : zonedIso(end, config.timeZone);
}

describe('quiet hours', () => {
  it('reach over midnight', () => {
    expect(until({}, '2026-03-02T21:59:59+08:00')).toBeNull();
    expect(until({}, '2026-03-02T22:00:00+08:00')).toBe('2026-03-03T08:00:00+08:00');
    expect(until({}, '2026-03-03T03:00:00+08:00')).toBe('2026-03-03T08:00:00+08:00');
    expect(until({}, '2026-03-03T08:00:00+08:00')).toBeNull();
  });

  it('may lie within a day', () => {
    const lunch = { fromMinute: 12 * 60, toMinute: 13 * 60 };
    expect(until(lunch, '2026-03-02T12:30:00+08:00')).toBe('2026-03-02T13:00:00+08:00');
    expect(until(lunch, '2026-03-02T13:00:00+08:00')).toBeNull();
  });

  it('count nights by the day on which they begin', () => {
    const fridays = { days: [5] };
    expect(until(fridays, '2026-03-06T23:00:00+08:00')).toBe('2026-03-07T08:00:00+08:00');
    expect(until(fridays, '2026-03-07T07:00:00+08:00')).toBe('2026-03-07T08:00:00+08:00');
    expect(until(fridays, '2026-03-07T23:00:00+08:00')).toBeNull();
  });

  it('join nights, weekends and holidays into one', () => {
    const weekend = { quietDays: [0, 6], holidays: ['2026-03-09'] };
    expect(until(weekend, '2026-03-06T23:00:00+08:00')).toBe('2026-03-10T08:00:00+08:00');
    expect(until({ ...weekend, nightly: false }, '2026-03-07T12:00:00+08:00')).toBe(
      '2026-03-10T00:00:00+08:00',
    );
  });

  it('follow the clocks of a zone that changes them', () => {
    const berlin = { timeZone: 'Europe/Berlin' };
    // On 29 March 2026 the night is an hour shorter, on 25 October an hour longer.
    expect(until(berlin, '2026-03-28T23:00:00+01:00')).toBe('2026-03-29T08:00:00+02:00');
    expect(until(berlin, '2026-10-24T23:00:00+02:00')).toBe('2026-10-25T08:00:00+01:00');
  });
});

describe('digest', () => {
  const yaml = `routes:
  - name: failures
    on: orders
    to: { userids: ["{{ data.owner }}"], groups: [ops] }
    digest: { key: data.team, window: 10m, max: 20, template: failures-digest }
    template: failure
`;
  const files = {
    'groups.yaml': 'groups: { ops: { userids: [ops1] } }\n',
    'templates/failure.yaml': 'text: { content: "{{ data.id }}" }\n',
    'templates/failures-digest.yaml':
      'text: { content: "{{ key }}: {{ count }} — {% for i in items %}{{ i.data.id }}@{{ i.meta.topic }} {% endfor %}" }\n',
  };

  it('collects members without rendering them, and renders all of them once', () => {
    const { rules } = compile(yaml, files);
    const members = ['J-1', 'J-2'].map((id, index) => event({ id, team: 'data', owner: `o${index}` }));
    const planned = members.map((member) => rules.plan(member, now).notifications[0]);
    expect(planned.map((each) => each?.message)).toEqual([null, null]);
    expect(planned[0]?.policies.digest).toEqual({ key: 'data', windowMs: 600_000, max: 20 });
    expect(planned[0]?.digestItem).toBe(members[0]);
    const digest = rules.planDigest('failures', 'data', members, now);
    expect(digest?.template).toBe('failures-digest');
    expect(digest?.message?.body).toContain('data: 2 — J-1@orders J-2@orders');
    expect(digest?.audience.userids).toEqual(['o0', 'ops1', 'o1']);
    expect(rules.planDigest('gone', 'data', members, now)).toBeNull();
  });
});
