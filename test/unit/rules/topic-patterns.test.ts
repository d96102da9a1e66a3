import { describe, expect, it } from 'vitest';
import { compile, event, faultsOf, now, route } from '../../fakes/rules.ts';

const topics = `
  "shop.*": { id: data.order_id }
  shop.raw: {}
  "*.audit": { type: data.kind }
`;

/** A route for some topics; the topics that patterns stand for are added to those of the fakes. */
function rulesFor(on: string) {
  return compile(
    route('').replace('on: orders', `on: ${on}`).replace('name: r', 'name: told'),
    {},
    '',
    topics,
  ).rules;
}

const count = (on: string, topic: string): number =>
  rulesFor(on).plan(event({}, { topic }), now).notifications.length;

describe('topics by pattern', () => {
  it.each([
    ['"shop.*"', 'shop.orders', 1],
    ['"shop.*"', 'shop.raw', 1],
    ['"shop.*"', 'hr.audit', 0],
    ['shop.orders', 'shop.orders', 1],
    ['shop.orders', 'shop.refunds', 0],
    ['[shop.orders, "*.audit"]', 'hr.audit', 1],
    ['"*"', 'orders', 1],
  ])('a route on %s and an event on %s: %i notifications', (on, topic, expected) => {
    expect(count(on, topic)).toBe(expected);
    expect(rulesFor(on).couldMatch(topic, topic.endsWith('.audit') ? undefined : null)).toBe(expected > 0);
    const [explained] = rulesFor(on).explain(event({}, { topic }), now).routes;
    expect(explained?.checks[0]).toMatchObject({ clause: 'on', ok: expected > 0 });
  });

  it('a topic has the settings under its own name, else those of the first pattern', () => {
    const rules = rulesFor('"*"');
    expect(rules.identity('shop.orders')?.id).toBeTypeOf('function');
    expect(rules.identity('shop.audit')?.id).toBeTypeOf('function');
    expect(rules.identity('shop.raw')).toBeNull();
    expect(rules.identity('hr.audit')?.type).toBeTypeOf('function');
  });

  it('a recall listens on every topic that is read, those behind patterns too', () => {
    const { rules } = compile(
      route('correlation: data.order_id\nrecall_on: { type: Cancelled, key: data.order_id }'),
      {},
      '',
      topics,
    );
    const cancelled = event({ order_id: 'A-1' }, { topic: 'shop.cancellations', type: 'Cancelled' });
    expect(rules.plan(cancelled, now).signals).toMatchObject([{ kind: 'recall', correlation: 'A-1' }]);
  });

  it('a route on a topic that no pattern stands for is a fault that names the nearest one', () => {
    const faults = faultsOf(route('').replace('on: orders', 'on: order'), {}, '');
    expect(faults).toEqual([expect.stringContaining('unknown_topic')]);
    expect(faultsOf(route('').replace('on: orders', 'on: "crm.*"'))).toEqual([
      expect.stringContaining('unknown_topic'),
    ]);
  });
});
