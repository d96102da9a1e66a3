import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Apps } from '../../../src/app/apps.ts';
import type { Active, Loaded } from '../../../src/app/configuration.ts';
import { Current } from '../../../src/app/current.ts';
import { createHealth, type HealthParts } from '../../../src/app/health.ts';
import { createPauses } from '../../../src/app/pauses.ts';
import type { AppState } from '../../../src/dingtalk/holds.ts';
import type { SourceStats } from '../../../src/kafka/source-types.ts';
import type { SinkStats } from '../../../src/kafka/sink-types.ts';
import type { Ledger, LedgerHealth } from '../../../src/ledger/ledger.ts';
import { noon } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

const clock = new FakeClock(noon);
const well: SourceStats = {
  ...{ connected: true, joined: true, partitions: [], missingTopics: [], fetchAgeMs: 0, restarts: 0 },
  lastError: null,
};

let temp: TempLedger;
let ledger: Ledger;
let source: SourceStats;
let sink: SinkStats;
let registry: { ok: boolean; reason: string | null };
let store: LedgerHealth;
let app: AppState;
let missing: ReturnType<Apps['missing']>;
let starting: string | null;
let loaded: Loaded | null;

beforeEach(async () => {
  temp = new TempLedger(clock);
  ledger = await temp.open();
  source = well;
  sink = { connected: true, pending: 0, lastError: null };
  registry = { ok: true, reason: null };
  store = { ok: true, reason: null };
  app = { held: false, holds: [] };
  missing = [];
  starting = null;
  loaded = null;
});
afterEach(async () => {
  await temp.dispose();
});

/** What is not well, and what is told although all is well. */
async function ready(): Promise<{ bad: string[]; notes: string[] }> {
  const current = new Current(
    { inputs: {} } as unknown as Active,
    () => loaded ?? { ok: true, active: { inputs: {} } as unknown as Active },
    () => noon,
  );
  if (loaded !== null) current.reload();
  const parts = {
    ledger: { ...ledger, health: () => store },
    registry: { health: () => registry },
    source: { stats: () => source },
    sink: { stats: () => sink },
    apps: { list: () => [{ name: 'default', client: { state: () => app } }], missing: () => missing },
    current,
    pauses: createPauses({ ledger, clock }),
    watchdog: { live: () => [] },
    starting: () => starting,
    stopping: () => false,
  } as unknown as HealthParts;
  const all = await createHealth(parts).ready();
  const text = (ok: boolean): string[] =>
    all
      .filter((each) => each.ok === ok && (!ok || each.reason !== null))
      .map(({ component, reason }) => `${component}: ${reason ?? ''}`);
  return { bad: text(false), notes: text(true) };
}

describe('readiness', () => {
  it('is given when messages can flow', async () => {
    expect(await ready()).toEqual({ bad: [], notes: [] });
  });

  it('names each thing that keeps messages from flowing', async () => {
    const partition = { topic: 'orders', partition: 0, position: null } as SourceStats['partitions'][number];
    source = { ...well, connected: false, lastError: 'connection refused', partitions: [partition] };
    registry = { ok: false, reason: 'HTTP 503' };
    store = { ok: false, reason: 'disk full' };
    sink = { connected: false, pending: 3, lastError: 'no broker' };
    app = {
      held: true,
      holds: [
        {
          ...{ scope: 'app', reason: 'configuration', code: '60020', message: 'not whitelisted' },
          ...{ since: noon, until: null },
        },
      ],
    };
    missing = [{ name: 'ops', waiting: 2, since: noon }];
    starting = 'waiting for Kafka';
    expect((await ready()).bad).toEqual([
      'process: waiting for Kafka',
      'ledger: disk full',
      'kafka: connection refused',
      'partitions: partitions are not assigned yet',
      'registry: HTTP 503',
      'results: no broker',
      'app:default: configuration (60020): not whitelisted',
      'app:ops: the configuration has no such app; 2 notifications wait for it',
    ]);
  });

  it('is kept after a failed reload, an unknown topic and a stop by a person, which are told', async () => {
    source = { ...well, missingTopics: ['later'] };
    const fault = { severity: 'error', file: 'r.yaml', line: 3, col: 7, message: 'no such template' };
    loaded = { ok: false, faults: [fault], inputs: {} } as unknown as Loaded;
    await createPauses({ ledger, clock }).pause('route:noisy', null, null);
    expect(await ready()).toEqual({
      bad: [],
      notes: [
        'topics: the broker does not know: later',
        'configuration: the last reload failed, the old one is in force: r.yaml:3:7 no such template',
        'stopped: a person has stopped route:noisy',
      ],
    });
  });

  it('can be asked while the ledger is away', async () => {
    store = { ok: false, reason: 'disk full' };
    await temp.close();
    expect((await ready()).bad).toEqual(['ledger: disk full']);
  });
});
