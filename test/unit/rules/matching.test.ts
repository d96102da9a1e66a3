import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/model/event.ts';
import { Decimal, Timestamp } from '../../../src/model/values.ts';
import { compile, event, faultsOf, now, route } from '../../fakes/rules.ts';

function matches(when: string, data: unknown, meta: Partial<Event['meta']> = {}): boolean | string {
  const { rules } = compile(route(`when: ${JSON.stringify(when)}`));
  const [planned] = rules.plan(event(data, meta), now).notifications;
  if (planned === undefined) return false;
  return planned.failure === null ? true : planned.failure.reason;
}

describe('when', () => {
  it.each([
    ['data.n == 5', { n: 5n }],
    ['data.n == 5.0', { n: 5n }],
    ['data.n >= 4.5', { n: 5n }],
    ['data.x == 5', { x: 5 }],
    ['data.x < 6', { x: 5.5 }],
    ['data.x * 2 == 25', { x: 12.5 }],
    ['data.x * 2 == 24', { x: 12n }],
    ['data.big == 9007199254740993', { big: 9007199254740993n }],
    ['data.d > 12 && data.d == 12.5 && data.d * 2 == 25', { d: new Decimal(1250n, 2) }],
    ['string(data.d) == "12.50"', { d: new Decimal(1250n, 2) }],
    ['data.d * 1.1 == 13.75 && 0.1 + data.d == 12.6 && data.d - 1e1 == 2.5', { d: new Decimal(1250n, 2) }],
    ['string(data.d * 1.1) == "13.750" && string(-data.d) == "-12.50"', { d: new Decimal(1250n, 2) }],
    ['data.d * 1e3 == 12500 && data.d * -0.001 == -0.0125', { d: new Decimal(1250n, 2) }],
    ['data.d / 4 == 3.125 && 25 / data.d == 2.0 && data.d / data.d == 1.0', { d: new Decimal(1250n, 2) }],
    ['[12.5].exists(x, x == data.d) && data.d in [data.d]', { d: new Decimal(1250n, 2) }],
    ['data.at < now && now - data.at > duration("1h")', { at: new Date(now - 7_200_000) }],
    ['data.at < now', { at: new Timestamp(now - 1, 500) }],
    ['string(data.at) == "2026-03-02T09:30:00+08:00"', { at: new Date(now) }],
    ['data.at.getHours("Asia/Shanghai") == 9', { at: new Date(now) }],
    ['has(data.note) && !has(data.other)', { note: 'x' }],
    ['data.none == null', { none: null }],
    ['re(data.s, "^A-[0-9]+$")', { s: 'A-12' }],
    ['data.tags.exists(t, t == "vip")', { tags: ['new', 'vip'] }],
    ['data.?a.?b.orValue("z") == "z"', {}],
    ['meta.topic == "orders" && meta.partition == 0 && meta.offset == 0', {}],
    ['data["constructor"] == 1', { constructor: 1n }],
  ])('%s is true', (when, data) => {
    expect(matches(when, data)).toBe(true);
  });

  it('sees headers and what else meta holds', () => {
    const when = 'meta.headers["x-env"] == "prod" && meta.type == null';
    expect(matches(when, {}, { headers: { 'x-env': 'prod' } })).toBe(true);
  });

  it.each([
    ['data.n == 5', { n: '5' }],
    ['data.n > 5', { n: 5n }],
    ['data.a == 1 && data.missing == 2', { a: 2n }],
  ])('%s is false', (when, data) => {
    expect(matches(when, data)).toBe(false);
  });

  it.each([
    ['data.missing == 1', {}],
    ['data.a.b == 1', { a: null }],
    ['data.n > 5', { n: 'x' }],
    ['data.list[3] == 1', { list: [] }],
    ['data.flag', { flag: 'yes' }],
    ['data.constructor.name == "Object"', {}],
    ['data.__proto__ == null', {}],
  ])('%s makes the route fail, not the event', (when, data) => {
    expect(matches(when, data)).toBe('expression_error');
  });
});

describe('what is said of an expression that failed', () => {
  it.each([
    ['data[data.key] == 1', { key: '13800001201' }],
    ['data.list[13800001201] == 1', { list: [] }],
    ['bool(data.key)', { key: '13800001201' }],
    ['timestamp(data.key) < now', { key: '13800001201-and-more' }],
    ['data.bytes.json().a == 1', { bytes: Buffer.from('{"mobile": 13800001201') }],
    ['now.getHours(data.key) == 1', { key: '13800001201' }],
  ])('%s tells no mobile of the event', (when, data) => {
    const { rules } = compile(route(`when: ${JSON.stringify(when)}`));
    const failure = rules.plan(event(data), now).notifications[0]?.failure;
    expect(failure?.reason).toBe('expression_error');
    expect(failure?.message).not.toContain('13800001201');
    expect(failure?.message).not.toContain('mobile');
  });
});

describe('time zones of expressions', () => {
  it('are looked at before any event comes where they are written out', () => {
    expect(faultsOf(route('when: now.getHours("Asia/Shangai") == 1'))).toEqual([
      'routes/a.yaml:5:24 expression_unknown there is no time zone Asia/Shangai',
    ]);
  });

  it('are named as the problem where they come from an event', () => {
    const { rules } = compile(route('when: now.getHours(data.zone) == 1'));
    const [planned] = rules.plan(event({ zone: 'Asia/Shangai' }), now).notifications;
    expect(planned?.failure?.message).toBe('when: there is no such time zone');
  });
});

const several = (keys: Readonly<Record<string, string>>): string =>
  `routes:\n${Object.entries(keys)
    .map(
      ([name, own]) =>
        `  - name: ${name}\n    to: { userids: [u1] }\n    message: { text: { content: x } }\n${own
          .split('\n')
          .map((line) => `    ${line}\n`)
          .join('')}`,
    )
    .join('')}`;

function routesFor(yaml: string, data: unknown, meta = {}): readonly string[] {
  return compile(yaml)
    .rules.plan(event(data, meta), now)
    .notifications.map((planned) => planned.route);
}

describe('which routes apply', () => {
  it('looks at topic and type before anything else', () => {
    const yaml = several({
      any: 'on: orders',
      a: 'on: [orders, leave]\ntype: A',
      ab: 'on: orders\ntype: [A, B]',
      other: 'on: leave',
    });
    expect(routesFor(yaml, {})).toEqual(['any']);
    expect(routesFor(yaml, {}, { type: 'A' })).toEqual(['any', 'a', 'ab']);
    expect(routesFor(yaml, {}, { type: 'B' })).toEqual(['any', 'ab']);
    expect(routesFor(yaml, {}, { type: 'C' })).toEqual(['any']);
    expect(routesFor(yaml, {}, { type: 'A', topic: 'leave' })).toEqual(['a', 'other']);
    expect(routesFor(yaml, {}, { topic: 'incidents' })).toEqual([]);
  });

  it('stop keeps later routes from the event, fallbacks too', () => {
    const yaml = several({
      last: 'on: orders\nfallback: true',
      first: 'on: orders\nwhen: data.a == 1\nstop: true',
      second: 'on: orders\nwhen: data.b == 1',
    });
    expect(routesFor(yaml, { a: 1n, b: 1n })).toEqual(['first']);
    expect(routesFor(yaml, { a: 0n, b: 1n })).toEqual(['second']);
    expect(routesFor(yaml, { a: 0n, b: 0n })).toEqual(['last']);
  });

  it('a route whose condition fails has not matched: later routes and fallbacks go on', () => {
    const yaml = several({
      broken: 'on: orders\nwhen: data.nope == 1\nstop: true',
      last: 'on: orders\nfallback: true',
    });
    expect(routesFor(yaml, {})).toEqual(['broken', 'last']);
  });

  it('leaves out what is not enabled', () => {
    expect(routesFor(several({ off: 'on: orders\nenabled: false', on: 'on: orders' }), {})).toEqual(['on']);
  });

  it('tells without decoding which records nobody wants', () => {
    const { rules } = compile(
      several({
        a: 'on: orders\ntype: A',
        any: 'on: leave',
        recalled:
          'on: incidents\ntype: I\ncorrelation: data.id\nrecall_on: { on: orders, type: Gone, key: data.id }',
      }),
    );
    expect(rules.couldMatch('orders', 'A')).toBe(true);
    expect(rules.couldMatch('orders', 'Gone')).toBe(true);
    expect(rules.couldMatch('orders', 'B')).toBe(false);
    expect(rules.couldMatch('orders', null)).toBe(false);
    expect(rules.couldMatch('orders', undefined)).toBe(true);
    expect(rules.couldMatch('leave', null)).toBe(true);
    expect(rules.couldMatch('unknown', undefined)).toBe(false);
  });
});

describe('for_each', () => {
  const yaml = route('for_each: data.lines\nwhen: data.open', '{{ item.sku }} of {{ data.id }}');

  it('gives one notification for each element', () => {
    const data = { open: true, id: 'O-1', lines: [{ sku: 'a' }, { sku: 'b' }] };
    const { notifications } = compile(yaml).rules.plan(event(data), now);
    expect(notifications.map(({ item }) => item)).toEqual([0, 1]);
    expect(notifications.map(({ message }) => message?.body)).toEqual([
      '{"msgtype":"text","text":{"content":"a of O-1"}}',
      '{"msgtype":"text","text":{"content":"b of O-1"}}',
    ]);
  });

  it('fails alone for the element that is broken', () => {
    const data = { open: true, id: 'O-1', lines: [{ sku: 'a' }, { other: 'b' }] };
    const { notifications } = compile(yaml).rules.plan(event(data), now);
    expect(notifications.map(({ failure }) => failure?.reason ?? null)).toEqual([null, 'template_error']);
  });

  it('refuses a list that would be a flood', () => {
    const lines = Array.from({ length: 1001 }, () => ({ sku: 'a' }));
    const { notifications } = compile(yaml).rules.plan(event({ open: true, id: 'O-1', lines }), now);
    expect(notifications).toHaveLength(1);
    expect(notifications[0]?.failure?.reason).toBe('expression_error');
  });
});
