import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { Writable } from 'node:stream';
import { createQuotaWatch } from '../../../src/app/quota-watch.ts';
import { quotasOf } from '../../../src/app/quotas.ts';
import { dingtalkDay } from '../../../src/base/dingtalk-day.ts';
import type { DingTalkApp } from '../../../src/config/config.ts';
import { Secret } from '../../../src/base/sensitive.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { createPrometheus } from '../../../src/server/metrics.ts';
import { noon } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';
import { withCall } from '../../contract/ledger/samples.ts';

const app: DingTalkApp = {
  name: 'default',
  appKey: 'key',
  appSecret: new Secret('secret'),
  agentId: 1,
  corpId: null,
  limits: {
    callsPerSecond: Infinity,
    recipientsPerMinute: 5_000,
    perUserPerDay: 10,
    broadcastsPerDay: 3,
    callsPerMonth: null,
    warnAt: 0.8,
  },
  departmentSizes: new Map(),
  defaultDepartmentSize: 50,
  companySize: 1_000,
  resultChecksMs: [],
};

let clock: FakeClock;
let temp: TempLedger;
let ledger: Ledger;

beforeEach(async () => {
  clock = new FakeClock(noon);
  temp = new TempLedger(clock);
  ledger = await temp.open();
});
afterEach(async () => {
  await temp.dispose();
});

const claim = (count: number) =>
  ledger.write((tx) =>
    tx.claimContents(
      Array.from({ length: count }, (_, index) => ({
        ...{ app: 'default', day: dingtalkDay(clock.now()), userid: 'zhangsan', notificationId: 'n' },
        contentHash: `${clock.now()}-${index}`,
      })),
      100,
    ),
  );

describe('quotas', () => {
  it('tell what is used of every limit, and none where there is none', async () => {
    await claim(7);
    await withCall(ledger, { state: 'sending', people: 40 });
    await ledger.write((tx) => tx.count({ app: 'default', scope: 'calls', period: '2026-03' }, 12, null));
    const told = async () =>
      Object.fromEntries(
        (await quotasOf(ledger, [app], clock.now())).map(({ name, used, limit }) => [name, [used, limit]]),
      );
    expect(await told()).toEqual({
      broadcasts_per_day: [0, 3],
      per_user_per_day: [7, 10],
      calls_per_month: [12, null],
      recipients_per_minute: [40, 5_000],
      calls_per_second: [1, null],
    });
    clock.set(noon + 2_000);
    expect(await told()).toMatchObject({ recipients_per_minute: [40, 5_000], calls_per_second: [0, null] });
    clock.set(noon + 60_001);
    expect(await told()).toMatchObject({ recipients_per_minute: [0, 5_000] });
  });

  it('are warned of once a day when they are nearly used up, and always in the gauges', async () => {
    const lines: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const { metrics, port } = createPrometheus({ clock, processMetrics: false });
    const watch = createQuotaWatch({
      ...{ clock, metrics, logger: pino(stream) },
      quotas: () => quotasOf(ledger, [app], clock.now()),
    });
    const warnings = () => lines.filter((line) => line.includes('nearly used up')).length;
    await claim(7);
    watch.start();
    await clock.advance(20_000);
    expect(warnings()).toBe(0);
    await claim(1);
    await clock.advance(60_000);
    expect(warnings()).toBe(1);
    expect(lines.at(-1)).toContain('"quota":"per_user_per_day"');
    expect(await port.text()).toContain('dingbus_quota_used{app="default",quota="per_user_per_day"} 8');
    expect(await port.text()).not.toContain('quota_limit{app="default",quota="calls_per_second"}');
    clock.set(noon + 86_400_000);
    await claim(9);
    await clock.advance(60_000);
    expect(warnings()).toBe(2);
    await watch.stop();
  });
});
