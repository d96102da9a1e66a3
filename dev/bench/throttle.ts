/**
 * How much of DingTalk's limit of calls a second the client uses under full load, and whether it ever passes it: real
 * time, real HTTP, against the strict simulator, which counts arrivals in a sliding second.
 *
 *   node dev/bench/throttle.ts [--seconds 60] [--delay 0]
 *
 * `--delay`: milliseconds that the simulator takes for an answer. Exits 1 when less than 95 % of the allowed calls were
 * made or one was refused with 90018.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { Secret } from '../../src/base/sensitive.ts';
import { createDingTalkClient } from '../../src/dingtalk/client.ts';
import { rateLimits } from '../../src/dingtalk/limits.ts';
import { canonicalMessage } from '../../src/dingtalk/messages.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, delay: { type: 'string', default: '0' } },
});
const seconds = Number(values.seconds);
const delayMs = Number(values.delay);
const perSecond = rateLimits.callsPerSecond.value;

const simulator = await startSimulator({ limits: 'off' });
simulator.control.setLimits({ callsPerSecond: perSecond });
if (delayMs > 0) simulator.control.addFault({ name: 'slow', operation: 'send', ms: delayMs });
const [app] = simulator.control.apps();
const [person] = simulator.control.users(0, 1);
if (app === undefined || person === undefined) throw new Error('the simulator has no app or nobody in it');

const outcomes = new Map<string, number>();
const client = createDingTalkClient({
  baseUrl: simulator.url,
  app: { name: app.name, appKey: app.appKey, appSecret: new Secret(app.appSecret), agentId: app.agentId },
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
    const audience = { kind: 'users', userids: [person?.userid ?? ''] } as const;
    const result = await client.send({ audience, body, people: 1 }, { signal });
    const outcome = result.kind === 'accepted' ? 'accepted' : `${result.kind} ${result.error.code}`;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
}
await Promise.all(Array.from({ length: 64 }, sendUntilEnd));
const took = (performance.now() - begun) / 1000;
await client.close();
await simulator.stop();

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
