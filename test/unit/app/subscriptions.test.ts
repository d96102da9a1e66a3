import { expect, it } from 'vitest';
import type { Active } from '../../../src/app/configuration.ts';
import { subscriptions } from '../../../src/app/subscriptions.ts';
import { compile, route } from '../../fakes/rules.ts';

it('a pattern takes every topic that fits but never our own, nor what Kafka keeps for itself', () => {
  const active = compile(route(''), {}, '', '  "*": { start: latest }\n  "__consumer*": {}\n');
  const [all, internal] = subscriptions(active as Active).filter(({ topic }) => typeof topic !== 'string');
  const names = ['shop.orders', 'dingbus.results', 'dingbus.dead-letters', '__consumer_offsets', '_schemas'];
  const taken = (of: typeof all): string[] =>
    names.filter((name) => typeof of?.topic === 'object' && of.topic.test(name));
  expect(taken(all)).toEqual(['shop.orders']);
  expect(all?.start).toBe('latest');
  expect(taken(internal)).toEqual(['__consumer_offsets']);
});

it('names come before patterns, whose settings they would otherwise get', () => {
  const active = compile(route(''), {}, '', '  "lea*": { start: latest }\n  zoo: {}\n');
  const order = subscriptions(active as Active).map(({ topic }) =>
    typeof topic === 'string' ? topic : topic.source,
  );
  expect(order).toEqual(['orders', 'leave', 'incidents', 'zoo', 'lea*']);
});
