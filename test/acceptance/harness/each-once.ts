import { expect } from 'vitest';
import { finalsByNotification, type WireResult, type World } from './world.ts';

/** Routes by which each event `{n}` of the topic `events` is told to one person of its own. */
export const onePersonEach = `routes:
  - name: one
    on: "{topic:events}"
    to: { userids: ["load{{ data.n }}"] }
    message: { text: { content: "event {{ data.n }}" } }
`;

/** Of so many events by `onePersonEach` all were delivered, and nobody has a message twice. */
export function expectEachDeliveredOnce(
  world: World,
  results: readonly WireResult[],
  published: number,
): void {
  const finals = [...finalsByNotification(results).values()];
  expect(finals).toHaveLength(published);
  expect(finals.filter(({ status }) => status !== 'delivered')).toEqual([]);
  const inboxes = [...world.simulator.control.inboxes()].map(({ userid }) => userid);
  expect(inboxes).toHaveLength(published);
  expect(new Set(inboxes).size).toBe(published);
}
