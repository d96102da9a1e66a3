import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/model/event.ts';
import { BoundedMemory } from '../../../src/rules/replay/bounded-memory.ts';
import { Replay, type FoundDifference } from '../../../src/rules/replay/replay.ts';
import { referenceOf } from '../../../src/model/event.ts';
import { compile, event, now, route } from '../../fakes/rules.ts';

type Files = Readonly<Record<string, string>>;

/** Two configurations and events of one topic, a minute apart unless they say otherwise. */
class Comparison {
  readonly replay: Replay;
  readonly found: FoundDifference[] = [];
  #count = 0;

  constructor(before: string, after: string, files: Files = {}) {
    this.replay = new Replay(compile(before, files), compile(after, files));
  }

  take(data: unknown, atMs: number, meta: Partial<Event['meta']> = {}): void {
    const one = event(data, { id: `0/${(this.#count += 1)}`, time: new Date(atMs), ...meta });
    const record = { events: [one], deadLetter: null };
    this.found.push(...this.replay.record(record, record, referenceOf(one.meta), atMs));
  }

  finish(): ReturnType<Replay['summary']> {
    this.found.push(...this.replay.finish());
    return this.replay.summary();
  }

  told(): unknown[][] {
    return this.found.map(({ difference: { change, subject, route: name, before, after } }) => [
      change,
      subject,
      name,
      before?.fate ?? null,
      after?.fate ?? null,
    ]);
  }
}

const minute = 60_000;

describe('what a change of rules would change', () => {
  it('is nothing where the rules say the same in other words', () => {
    const comparison = new Comparison(route('when: data.n > 1'), route('when: 1 < data.n'));
    for (let n = 0; n < 4; n += 1) comparison.take({ n: BigInt(n) }, now);
    const { records, differences, before, after } = comparison.finish();
    expect(comparison.found).toEqual([]);
    expect(differences).toEqual({ added: 0, gone: 0, changed: 0 });
    expect([records, before.sent]).toEqual([4, 2]);
    expect(after).toEqual(before);
  });

  it('names what is added and gone, and the clause that said no on the other side', () => {
    const comparison = new Comparison(route('when: data.n >= 3'), route('when: data.n >= 2 && data.n < 5'));
    for (const n of [1n, 2n, 3n, 5n]) comparison.take({ n }, now);
    expect(comparison.told()).toEqual([
      ['added', 'notification', 'r', null, 'sent'],
      ['gone', 'notification', 'r', 'sent', null],
    ]);
    expect(comparison.found.map((each) => each.why())).toEqual([
      'when: data.n >= 3 is false',
      'when: data.n >= 2 && data.n < 5 is false',
    ]);
    const summary = comparison.finish();
    expect(summary.routes).toEqual([
      {
        route: 'r',
        before: { notifications: 2, sent: 2, recipients: 2 },
        after: { notifications: 2, sent: 2, recipients: 2 },
        ...{ added: 1, gone: 1, changed: 0 },
      },
    ]);
  });

  it('names text by text and person by person what is another', () => {
    const yaml = (to: string, message: string): string =>
      `routes:\n  - name: r\n    on: orders\n    to: ${to}\n    message: ${message}\n`;
    const comparison = new Comparison(
      yaml(
        '{ userids: [a, b], mobiles: ["13800001101"] }',
        '{ markdown: { title: T, text: "n {{ data.n }}" } }',
      ),
      yaml(
        '{ userids: [b, c], mobiles: ["+86 138-0000-1101"], dept_id_list: [7] }',
        '{ markdown: { title: T, text: "N {{ data.n }}" } }',
      ),
    );
    comparison.take({ n: 1n }, now);
    expect(comparison.found.map(({ difference }) => difference.changes)).toEqual([
      [
        { path: 'audience.userids', before: ['a'], after: ['c'] },
        { path: 'audience.dept_id_list', before: [], after: [7] },
        { path: 'people', before: 3, after: 15 },
        { path: 'message.markdown.text', before: 'n 1', after: 'N 1' },
      ],
    ]);
    const { before, after } = comparison.finish();
    expect([before.people, before.calls, after.people, after.calls]).toEqual([3, 1, 15, 2]);
  });

  it('shows mobiles masked', () => {
    const to = (mobile: string): string =>
      `routes:\n  - name: r\n    on: orders\n    to: { mobiles: ["${mobile}"] }\n    message: { text: { content: x } }\n`;
    const comparison = new Comparison(to('13800001101'), to('13800001202'));
    comparison.take({}, now);
    expect(JSON.stringify(comparison.found.map(({ difference }) => difference.changes))).toContain(
      '{"path":"audience.mobiles","before":["138******01"],"after":["138******02"]}',
    );
  });

  it('tells another key or window of a policy, though the message stays the same', () => {
    const comparison = new Comparison(
      route('dedupe: { key: data.a, window: 1h }\ntrack: read'),
      route('dedupe: { key: data.b, window: 90m }\nthrottle: { key: data.a, limit: 5, window: 1h }'),
    );
    comparison.take({ a: 'A', b: 'B' }, now);
    expect(comparison.found.map(({ difference }) => difference.changes)).toEqual([
      [
        { path: 'policies.dedupe.key', before: 'A', after: 'B' },
        { path: 'policies.dedupe.window', before: '1h', after: '1h30m' },
        { path: 'policies.throttle.key', before: null, after: 'A' },
        { path: 'policies.throttle.limit', before: null, after: 5 },
        { path: 'policies.throttle.window', before: null, after: '1h' },
        { path: 'policies.track', before: 'read', after: 'delivered' },
      ],
    ]);
  });

  it('tells a route that would break, and one that would be mended', () => {
    const comparison = new Comparison(route('', '{{ data.a }}'), route('', '{{ data.b }}'));
    comparison.take({ a: 'x' }, now);
    comparison.take({ b: 'x' }, now);
    expect(comparison.told()).toEqual([
      [
        'changed',
        'notification',
        'r',
        'sent',
        'failed: template_error: text.content: data.b is not in the event',
      ],
      [
        'changed',
        'notification',
        'r',
        'failed: template_error: text.content: data.a is not in the event',
        'sent',
      ],
    ]);
    expect(comparison.finish().after.failed).toEqual({ template_error: 1 });
  });

  it('tells recalls that come or go', () => {
    const oa = (recall: string): string =>
      route(`type: Asked\ncorrelation: data.id\n${recall}`, 'x {{ data.id }}');
    const comparison = new Comparison(oa(''), oa('recall_on: { type: Cancelled, key: data.id }'));
    comparison.take({ id: 'A-1' }, now, { type: 'Cancelled' });
    expect(
      comparison.found.map(({ difference }) => [difference.change, difference.subject, difference.key]),
    ).toEqual([['added', 'recall', 'A-1']]);
    expect(comparison.finish().after.recalls).toBe(1);
  });

  it('tells records that only one of them can read', () => {
    const { replay } = new Comparison(route(''), route(''));
    const one = event({});
    const read = { events: [one], deadLetter: null };
    const unread = { events: [], deadLetter: 'no_identity' };
    const found = replay.record(read, unread, referenceOf(one.meta), now);
    expect(found.map(({ difference }) => [difference.change, difference.subject, difference.key])).toEqual([
      ['gone', 'notification', null],
      ['added', 'dead_letter', 'no_identity'],
    ]);
    expect(replay.summary().after.deadLetters).toEqual({ no_identity: 1 });
  });
});

describe('windows over the time of the events', () => {
  it('dedupe: the second one within the window is gone', () => {
    const comparison = new Comparison(route(''), route('dedupe: { key: data.k, window: 10m }'));
    for (const at of [0, 5, 10]) comparison.take({ k: 'K' }, now + at * minute);
    expect(comparison.found.map(({ difference }) => difference.after?.fate)).toEqual([
      'sent',
      'suppressed: dedupe_window',
      'sent',
    ]);
  });

  it('throttle: what is suppressed does not count, and counts against no dedupe either', () => {
    const limited = 'dedupe: { key: data.k, window: 1h }\nthrottle: { key: data.t, limit: 1, window: 10m }';
    const comparison = new Comparison(route(''), route(limited));
    comparison.take({ k: 'A', t: 'T' }, now);
    comparison.take({ k: 'B', t: 'T' }, now + 5 * minute);
    comparison.take({ k: 'B', t: 'T' }, now + 10 * minute);
    comparison.take({ k: 'B', t: 'U' }, now + 20 * minute);
    expect(comparison.found.map(({ difference }) => difference.after?.fate)).toEqual([
      'sent',
      'suppressed: throttled',
      'sent',
      'suppressed: dedupe_window',
    ]);
  });

  it('windows never go back where records of several partitions come out of order', () => {
    const comparison = new Comparison(route(''), route('dedupe: { key: data.k, window: 10m }'));
    comparison.take({ k: 'K' }, now + 20 * minute);
    comparison.take({ k: 'K' }, now);
    comparison.take({ k: 'K' }, now + 31 * minute);
    expect(comparison.finish().after.sent).toBe(2);
  });

  it('quiet hours put off or drop', () => {
    const quiet = (action: string): string =>
      route(`quiet_hours: { from: "09:00", to: "10:00", action: ${action} }`);
    const comparison = new Comparison(quiet('defer'), quiet('drop'));
    comparison.take({}, now);
    expect(comparison.told()).toEqual([
      ['changed', 'notification', 'r', 'deferred until 2026-03-02T02:00:00.000Z', 'suppressed: quiet_hours'],
    ]);
    const { before, after } = comparison.finish();
    expect([before.sent, before.deferred, after.sent]).toEqual([1, 1, 0]);
  });

  it('expiry counts from the event’s time to the instant it came', () => {
    const comparison = new Comparison(route('expires_after: 6h'), route('expires_after: 1h'));
    const late = event({}, { id: 'late', time: new Date(now - 2 * 60 * minute) });
    const record = { events: [late], deadLetter: null };
    const [found] = comparison.replay.record(record, record, referenceOf(late.meta), now);
    expect(found?.difference.after?.fate).toBe('suppressed: expired');
  });

  it('expiry does not count from the clock of records that came before out of order', () => {
    const comparison = new Comparison(route(''), route('expires_after: 1h'));
    comparison.take({}, now + 600 * minute);
    comparison.take({}, now);
    expect(comparison.finish().after).toMatchObject({ sent: 2, suppressed: {} });
  });

  it('a repeated identity makes nothing', () => {
    const comparison = new Comparison(route(''), route('', 'y'));
    comparison.take({}, now, { id: 'same' });
    comparison.take({}, now, { id: 'same' });
    const { before } = comparison.finish();
    expect([before.sent, before.duplicates, comparison.found.length]).toEqual([1, 1, 1]);
  });

  it('digests: one for all members when the window ends or is full, compared like any other', () => {
    const digest = (text: string, max: number): string =>
      `routes:\n  - name: r\n    on: orders\n    to: { userids: ["{{ data.who }}"] }\n    digest: { key: data.k, window: 10m, max: ${max} }\n    message: { text: { content: "${text} {{ count }}: {% for i in items %}-{{ i.data.n }}{% endfor %}" } }\n`;
    const comparison = new Comparison(digest('a', 3), digest('b', 3));
    for (let n = 0; n < 5; n += 1) comparison.take({ k: 'K', n: BigInt(n), who: `u${n}` }, now + n * minute);
    comparison.take({ k: 'L', n: 9n, who: 'u9' }, now + 30 * minute);
    const summary = comparison.finish();
    expect(
      comparison.found.map(({ difference }) => [
        difference.key,
        difference.after?.members,
        difference.changes,
      ]),
    ).toEqual([
      ['K', 3, [{ path: 'message.text.content', before: 'a 3: -0-1-2', after: 'b 3: -0-1-2' }]],
      ['K', 2, [{ path: 'message.text.content', before: 'a 2: -3-4', after: 'b 2: -3-4' }]],
      ['L', 1, [{ path: 'message.text.content', before: 'a 1: -9', after: 'b 1: -9' }]],
    ]);
    expect([summary.after.digested, summary.after.sent, summary.after.recipients]).toEqual([6, 3, 6]);

    // With another size the digests themselves are others.
    const smaller = new Comparison(digest('a', 3), digest('a', 2));
    for (let n = 0; n < 3; n += 1) smaller.take({ k: 'K', n: BigInt(n), who: 'u' }, now + n * minute);
    smaller.finish();
    expect(smaller.told().filter(([, subject]) => subject === 'digest')).toEqual([
      ['changed', 'digest', 'r', 'sent', 'sent'],
      ['added', 'digest', 'r', null, 'sent'],
    ]);
  });
});

describe('calls', () => {
  const many = (count: number): string =>
    `routes:\n  - name: r\n    on: orders\n    to: { userids: { from: data.u } }\n    max_recipients: 5000\n    message: { text: { content: "${count}" } }\n`;
  const people = (count: number, from = 0): string[] =>
    Array.from({ length: count }, (_, index) => `u${from + index}`);

  it('are cut at a hundred people, and shared by equal messages that are due together', () => {
    const comparison = new Comparison(many(1), many(1));
    comparison.take({ u: people(250) }, now);
    // The last call has room for fifty more of the same second; later ones need their own.
    comparison.take({ u: people(50, 300) }, now + 10);
    comparison.take({ u: people(1, 400) }, now + 20);
    comparison.take({ u: people(1, 400) }, now + 1000);
    expect(comparison.finish().before).toMatchObject({ calls: 5, sent: 4, people: 301, recipients: 302 });
  });

  it('are not shared by routes that recall, nor by different messages', () => {
    const recalled = `${many(1)}    correlation: "'x'"\n    recall_on: { type: Gone, key: "'x'" }\n`;
    const comparison = new Comparison(recalled, many(1).replace('"1"', '"{{ data.n }}"'));
    for (const n of [1n, 2n]) comparison.take({ u: people(1), n }, now);
    const { before, after } = comparison.finish();
    expect([before.calls, after.calls]).toEqual([2, 2]);
  });

  it('to everyone are counted as broadcasts of the company’s size', () => {
    const everyone =
      'routes:\n  - name: r\n    on: orders\n    to: { to_all_user: true }\n    message: { text: { content: x } }\n';
    const comparison = new Comparison(route(''), everyone);
    comparison.take({}, now);
    const { before, after } = comparison.finish();
    expect([before.broadcasts, after.broadcasts, after.calls, after.people]).toEqual([0, 1, 1, 900]);
  });
});

it('remembers no more than it may: what is over goes first, then what is oldest, and that is counted', () => {
  const memory = new BoundedMemory<number>((until, at) => until <= at, 10);
  for (let n = 0; n < 10; n += 1) memory.set(`k${n}`, n < 5 ? 100 : 1_000, 0);
  memory.set('k10', 1_000, 100);
  expect([memory.get('k4', 99), memory.get('k5', 100), memory.forgotten]).toEqual([undefined, 1_000, 0]);
  for (let n = 11; n < 16; n += 1) memory.set(`k${n}`, 1_000, 100);
  expect([memory.get('k5', 100), memory.get('k6', 100), memory.get('k15', 100)]).toEqual([
    undefined,
    undefined,
    1_000,
  ]);
  expect(memory.forgotten).toBe(2);
  // What was written again is young again.
  memory.set('k7', 2_000, 100);
  for (let n = 16; n < 19; n += 1) memory.set(`k${n}`, 1_000, 100);
  expect(memory.get('k7', 100)).toBe(2_000);
});
