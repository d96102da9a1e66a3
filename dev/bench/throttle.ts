/**
 * How much of DingTalk's limit of calls a second the client uses under full load, and whether it ever passes it: real
 * time, real HTTP, against the strict simulator in a process of its own, which counts arrivals in a sliding second.
 *
 *   node dev/bench/throttle.ts [--seconds 60] [--delay 0] [--per-second 20]
 *
 * `--delay`: milliseconds that the simulator takes for an answer. `--per-second`: the limit, here and there; a high one
 * keeps this process so busy that its own delays are longer than the way to the simulator. Exits 1 when less than 95 % of
 * the allowed calls were made or one was refused with 90018.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { Secret } from '../../src/base/sensitive.ts';
import { createDingTalkClient } from '../../src/dingtalk/client.ts';
import { rateLimits } from '../../src/dingtalk/limits.ts';
import { canonicalMessage } from '../../src/dingtalk/messages.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    delay: { type: 'string', default: '0' },
    'per-second': { type: 'string', default: String(rateLimits.callsPerSecond.value) },
  },
});
const seconds = Number(values.seconds);
const delayMs = Number(values.delay);
const perSecond = Number(values['per-second']);

interface Ready {
  readonly url: string;
  readonly app: {
    readonly name: string;
    readonly appKey: string;
    readonly appSecret: string;
    readonly agentId: number;
  };
  readonly userid: string;
}

if (process.send !== undefined) await beSimulator();
else await measure();

async function beSimulator(): Promise<void> {
  const simulator = await startSimulator({ limits: 'off' });
  simulator.control.setLimits({ callsPerSecond: perSecond });
  if (delayMs > 0) simulator.control.addFault({ name: 'slow', operation: 'send', ms: delayMs });
  const [app] = simulator.control.apps();
  const [person] = simulator.control.users(0, 1);
  if (app === undefined || person === undefined) throw new Error('the simulator has no app or nobody in it');
  process.send?.({ url: simulator.url, app, userid: person.userid });
  await once(process, 'disconnect');
  await simulator.stop();
}

async function measure(): Promise<void> {
  const child = fork(import.meta.filename, process.argv.slice(2));
  const [{ url, app, userid }] = (await once(child, 'message')) as [Ready];

  const outcomes = new Map<string, number>();
  const client = createDingTalkClient({
    baseUrl: url,
    app: { ...app, appSecret: new Secret(app.appSecret) },
    clock: systemClock,
    limits: { callsPerSecond: perSecond, recipientsPerMinute: 0 },
  });
  await client.checkToken();

  let sent = 0;
  const begun = performance.now();
  // What is still in the queue at the end is not part of the measurement.
  const signal = AbortSignal.timeout(seconds * 1000);
  async function sendUntilEnd(): Promise<void> {
    while (!signal.aborted) {
      const { body } = canonicalMessage({ msgtype: 'text', text: { content: `${++sent}` } });
      const audience = { kind: 'users', userids: [userid] } as const;
      const result = await client.send({ audience, body, people: 1 }, { signal });
      const outcome = result.kind === 'accepted' ? 'accepted' : `${result.kind} ${result.error.code}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  }
  await Promise.all(Array.from({ length: Math.max(64, 2 * perSecond) }, sendUntilEnd));
  const took = (performance.now() - begun) / 1000;
  await client.close();
  child.disconnect();
  await once(child, 'exit');

  const accepted = outcomes.get('accepted') ?? 0;
  const refused = outcomes.get('refused 90018') ?? 0;
  const used = accepted / (perSecond * seconds);
  const report = {
    seconds: Number(took.toFixed(2)),
    accepted,
    refused,
    used: Number(used.toFixed(4)),
    outcomes: Object.fromEntries(outcomes),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = used >= 0.95 && refused === 0 ? 0 : 1;
}
