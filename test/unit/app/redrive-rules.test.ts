/** What a dead letter becomes under the rules in force once its rule was mended. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { intakeRules } from '../../../src/app/intake-rules.ts';
import { createEventDecoder } from '../../../src/events/decoder.ts';
import { createIntake } from '../../../src/intake/intake.ts';
import { redrive, type RedriveOutcome } from '../../../src/intake/redrive.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { DeadLetter } from '../../../src/model/dead-letter.ts';
import type { RecordHeader } from '../../../src/model/record.ts';
import type { Notification } from '../../../src/model/notification.ts';
import { aRecord, noon, only } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { compile } from '../../fakes/rules.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

const clock = new FakeClock(noon);
const decoder = createEventDecoder(null);
let temp: TempLedger;
let ledger: Ledger;
beforeEach(async () => {
  temp = new TempLedger(clock);
  ledger = await temp.open();
});
afterEach(() => temp.dispose());

/** Route `r` with its `type:` and whatever else it says. */
function rulesWith(type: string, rest: string, text = 'hello {{ data.id }}') {
  const compiled = compile(`routes:
  - name: r
    on: orders
    type: ${type}
    to: { userids: [u1] }
    correlation: data.id
    ${rest}
    message: { text: { content: "${text}" } }
`);
  return () => intakeRules(compiled);
}

type RulesInForce = ReturnType<typeof rulesWith>;

async function take(rules: RulesInForce, type: string, offset: bigint): Promise<void> {
  const intake = createIntake({
    group: 'g',
    ledger,
    decoder,
    rules,
    clock,
    logger: silentLogger,
    observer: { batch: () => undefined },
  });
  const value = Buffer.from(JSON.stringify({ id: 7 }));
  const headers = [{ key: 'ce_type', value: Buffer.from(type) }];
  const record = aRecord({ topic: 'orders', partition: 0, offset, value, headers });
  await intake.process({ topic: 'orders', partition: 0, records: [record] });
}

async function deadLetters(): Promise<readonly DeadLetter[]> {
  const rows = await ledger.write((tx) => tx.takeOutbox(100));
  return rows.flatMap((row) => (row.kind === 'dead_letter' ? [row.deadLetter] : []));
}

function again(rules: RulesInForce, letter: DeadLetter): Promise<RedriveOutcome> {
  return redrive({ ledger, decoder, rules, clock }, letter);
}

async function waiting(): Promise<readonly Notification[]> {
  return ledger.write((tx) => tx.takeDue({ app: 'default', now: clock.now(), limit: 100 }));
}

describe('a recall whose key broke', () => {
  const broken = rulesWith('A', 'recall_on: { type: C, key: data.gone }');
  const mended = rulesWith('A', 'recall_on: { type: C, key: data.id }');

  it('takes back what was sent, once, and sends nothing', async () => {
    await take(broken, 'A', 1n);
    await take(broken, 'C', 2n);
    const letter = only(await deadLetters());
    expect(letter).toMatchObject({ route: 'r', stage: 'match', reason: 'expression_error' });
    expect(await again(mended, letter)).toEqual({ kind: 'redriven', created: [] });
    expect(await waiting()).toEqual([]);
    await take(mended, 'A', 3n);
    expect(await again(mended, letter)).toEqual({ kind: 'known' });
    expect(await waiting()).toHaveLength(1);
  });

  it('fails again, as a new dead letter, while it is not mended', async () => {
    await take(broken, 'C', 2n);
    const letter = only(await deadLetters());
    expect((await again(broken, letter)).kind).toBe('redriven');
    const letters = await deadLetters();
    expect(letters.map(({ message }) => message)).toEqual([letter.message, letter.message]);
    expect(await waiting()).toEqual([]);
  });

  it('is told beside what its route sends of the same event, and its redrive does not send that again', async () => {
    const both = rulesWith('[A, C]', 'recall_on: { type: C, key: data.gone }');
    await take(both, 'C', 2n);
    const letter = only(await deadLetters());
    expect(letter.message).toMatch(/^recall_on\.key: /);
    expect(await waiting()).toHaveLength(1);
    const recalling = rulesWith('[A, C]', 'recall_on: { type: C, key: data.id }');
    expect(await again(recalling, letter)).toEqual({ kind: 'redriven', created: [] });
    expect((await waiting()).filter(({ signals }) => !signals.recall)).toEqual([]);
  });

  it('makes nothing when the event recalls nothing any more', async () => {
    await take(broken, 'C', 2n);
    const letter = only(await deadLetters());
    const without = rulesWith('A', 'recall_on: { type: D, key: data.id }');
    expect(await again(without, letter)).toEqual({ kind: 'no_match' });
  });
});

describe('a record that could not be read', () => {
  const rules = rulesWith('A', 'priority: normal');
  const letterOf = (value: string, headers: readonly RecordHeader[]): DeadLetter => ({
    id: 'dlq_1',
    // As it is read from the dead-letter topic, which gives it a timestamp of its own.
    record: aRecord({
      topic: 'orders',
      partition: 0,
      offset: 1n,
      timestamp: noon + 9,
      value: Buffer.from(value),
      headers,
    }),
    stage: 'decode',
    reason: 'schema_not_found',
    message: 'there is no such schema',
    exceptionClass: 'x',
    route: null,
    notificationId: null,
  });
  const type = { key: 'ce_type', value: Buffer.from('A') };

  it('is new where a record of the topic’s earlier life has its place', async () => {
    await take(rules, 'A', 1n);
    const letter = letterOf('{"id":8}', [type]);
    expect(await again(rules, letter)).toMatchObject({ kind: 'redriven', created: [expect.any(String)] });
    expect(await again(rules, letter)).toEqual({ kind: 'known' });
    expect((await waiting()).map(({ event }) => event.id)).toEqual(['0/1', `0/1@${noon + 9}`]);
  });

  it('is none that was redriven before where the same one has been read since', async () => {
    await take(rules, 'A', 1n);
    expect(await again(rules, letterOf('{"id":7}', [type]))).toEqual({ kind: 'duplicate' });
    expect(await waiting()).toHaveLength(1);
  });
});

describe('a route that was mended so that it does not take the event', () => {
  it.each([
    ['by its type', rulesWith('B', 'priority: normal')],
    ['by being off', rulesWith('A', 'enabled: false')],
  ])('%s sends nothing', async (_how, mended) => {
    await take(rulesWith('A', 'when: data.gone'), 'A', 1n);
    const letter = only(await deadLetters());
    expect(await again(mended, letter)).toEqual({ kind: 'no_match' });
    expect(await again(rulesWith('A', 'priority: normal'), letter)).toMatchObject({ kind: 'redriven' });
  });
});
