import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, event, now } from '../../fakes/rules.ts';

const yaml = `routes:
  - name: large
    on: orders
    type: Refund
    when: data.amount >= 1000 && data.currency == "CNY"
    to: { mobiles: ["{{ data.owner }}"], groups: [finance] }
    dedupe: { key: data.id, window: 1h }
    message: { text: { content: "{{ data.id }}" } }
    stop: true
  - name: small
    on: orders
    type: Refund
    to: { userids: [u1] }
    quiet_hours: { from: "09:00", to: "10:00" }
    message: { text: { content: "{{ data.note }}" } }
  - name: off
    on: orders
    enabled: false
    to: { userids: [u1] }
    message: { text: { content: x } }
  - name: rest
    on: orders
    fallback: true
    to: { to_all_user: true }
    message: { text: { content: x } }
`;
const { rules } = compile(yaml, { 'groups.yaml': 'groups: { finance: { userids: [f1] } }\n' });
const explain = (data: unknown, type: string | null = 'Refund') => rules.explain(event(data, { type }), now);

describe('explain', () => {
  it('says which clause said no, with its values', () => {
    const { routes } = explain({ id: 'A', amount: 10n, currency: 'CNY', note: 'n', owner: '13800001201' });
    const [large, small, off, rest] = routes;
    expect(large?.verdict).toBe('not_matched');
    expect(large?.checks.at(-1)).toEqual({
      clause: 'when',
      ok: false,
      detail: 'data.amount >= 1000 && data.currency == "CNY" is false',
      values: [
        { expression: 'data.amount >= 1000', value: 'false' },
        { expression: 'data.currency == "CNY"', value: 'true' },
        { expression: 'data.amount', value: '10' },
        { expression: 'data.currency', value: '"CNY"' },
      ],
    });
    expect(small?.notifications[0]?.outcome).toBe('deferred until 2026-03-02T10:00:00+08:00');
    expect(off).toMatchObject({ verdict: 'disabled' });
    expect(rest).toMatchObject({ verdict: 'skipped' });
    expect(rest?.checks.at(-1)?.detail).toBe('not needed: the route small matched');
  });

  it('says when the event is too old to be told of', () => {
    const { rules: timed } = compile(`${yaml.split('  - name: large')[0] ?? ''}  - name: timed
    on: orders
    expires_after: 1h
    to: { userids: [u1] }
    message: { text: { content: x } }
`);
    const outcome = (time: number): string | undefined =>
      timed.explain(event({}, { time: new Date(time) }), now).routes[0]?.notifications[0]?.outcome;
    expect([outcome(now - 3_599_999), outcome(now - 3_600_000)]).toEqual(['sent now', 'suppressed: expired']);
  });

  it('says where recipients come from, without their numbers', () => {
    const { routes } = explain({ id: 'A', amount: 5000n, currency: 'CNY', owner: '13800001201' });
    const [large, small] = routes;
    expect(large?.verdict).toBe('matched');
    expect(large?.notifications[0]).toMatchObject({
      people: 2,
      cost: { calls: 1, recipients: 2, broadcasts: 0 },
      outcome: 'sent now, unless A was told within the window of dedupe',
      origins: [
        { kind: 'mobile', value: '138******01', from: 'to.mobiles[0]' },
        { kind: 'userid', value: 'f1', from: 'group finance' },
      ],
    });
    expect(small?.checks.at(-1)?.detail).toBe('the route large stopped the event');
    expect(JSON.stringify(routes)).not.toContain('13800001201');
  });

  it('says what failed', () => {
    const [large, small] = explain({ id: 'A', amount: 10n, currency: 'CNY' }).routes;
    expect(large?.verdict).toBe('not_matched');
    expect(small).toMatchObject({ verdict: 'failed' });
    expect(small?.checks.at(-1)).toMatchObject({ clause: 'message', ok: false });
    const [broken] = explain({ id: 'A' }).routes;
    expect(broken).toMatchObject({ verdict: 'failed' });
    expect(broken?.checks.at(-1)).toMatchObject({ clause: 'when', ok: false });
  });

  it('says that a recall failed, of a route that takes the event and of one that does not', () => {
    const failing = (type: string) =>
      compile(`routes:
  - name: r
    on: orders
    type: ${type}
    to: { userids: [u1] }
    correlation: data.id
    recall_on: { type: C, key: data.gone }
    message: { text: { content: "{{ data.id }}" } }
`).rules;
    const cancelled = event({ id: 'A' }, { type: 'C' });
    for (const [type, sent] of [
      ['A', 0],
      ['[A, C]', 1],
    ] as const) {
      const [route] = failing(type).explain(cancelled, now).routes;
      expect(route).toMatchObject({ verdict: 'failed' });
      expect(route?.checks.at(-1)).toMatchObject({ clause: 'recall_on', ok: false });
      expect(route?.notifications.map(({ item, failure }) => [item, failure?.reason])).toEqual([
        ...Array.from({ length: sent }, () => [0, undefined]),
        [sent, 'expression_error'],
      ]);
      const planned = failing(type).plan(cancelled, now).notifications;
      expect(planned.map(({ item, failure }) => [item, failure?.reason])).toEqual(
        route?.notifications.map(({ item, failure }) => [item, failure?.reason]),
      );
    }
  });

  it('says of a broadcast what it costs', () => {
    const rest = explain({}, 'Other').routes.at(-1);
    expect(rest?.notifications[0]?.cost).toEqual({ calls: 1, recipients: 900, broadcasts: 1 });
  });

  it('never disagrees with the plan', () => {
    const value = fc.oneof(
      fc.bigInt(0n, 3000n),
      fc.constantFrom<unknown>('CNY', 'USD', null, true, [], {}, 1.5),
      fc.string(),
    );
    const data = fc.record(
      { id: value, amount: value, currency: value, note: value, owner: value },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(data, fc.constantFrom('Refund', 'Other', null), (payload, type) => {
        const plan = rules.plan(event(payload, { type }), now);
        const explained = explain(payload, type).routes.flatMap(({ notifications }) => notifications);
        expect(explained.map(({ message }) => message?.body)).toEqual(
          plan.notifications.map(({ message }) => message?.body),
        );
        expect(explained.map(({ failure }) => failure)).toEqual(
          plan.notifications.map(({ failure }) => failure),
        );
      }),
      { numRuns: 200, seed: 20260302 },
    );
  });
});
