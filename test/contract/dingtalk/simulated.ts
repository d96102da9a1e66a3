import { Secret } from '../../../src/base/sensitive.ts';
import type { FaultSpec } from '../../../src/simulator/faults.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import type { Situation, Stand } from './stand.ts';

/** The faults that bring a situation about; null where another test of data or settings does. */
const faults: Readonly<Partial<Record<Situation, FaultSpec>>> = {
  'token expired': { name: 'token-expired', operation: 'send', count: 1 },
  busy: { name: 'system-busy', operation: 'send' },
  'too many calls a second': { name: 'rate-limited', operation: 'send', count: 1 },
  'too many calls by everyone': { name: 'rate-limited', operation: 'send', code: '90002' },
  'too many calls by everyone, until a time': {
    name: 'rate-limited',
    operation: 'send',
    code: '90002',
    message: '请求总次数超过了 300 次, 处罚将在 2099-02-13 20:40:05 结束',
  },
  'calls of the month used up': { name: 'answer-code', operation: 'send', code: '90020', wrapped: true },
  'ip banned': { name: 'ip-banned', operation: 'send' },
  'ip banned, with a page': { name: 'ip-banned', operation: 'send', html: true },
  'not whitelisted': { name: 'not-whitelisted', operation: 'send' },
  'no permission': { name: 'no-permission', operation: 'send' },
  'no permission for the current lookup': { name: 'no-permission', operation: 'getbymobile' },
  'system error': { name: 'answer-code', operation: 'send', code: '400001' },
  'bad gateway': { name: 'bad-gateway', operation: 'send' },
  'answer lost': { name: 'answer-lost', operation: 'send' },
  'request lost': { name: 'request-lost', operation: 'send' },
};

export async function simulatedStand(): Promise<Stand> {
  const simulator: Simulator = await startSimulator({
    behaviour: { readRatio: 1, readAfterMs: [0, 0], firstTaskId: '9223372036854775807' },
  });
  const { control } = simulator;
  const app = control.apps()[0];
  if (app === undefined) throw new Error('the simulator has no app');
  const right = {
    name: 'default',
    appKey: app.appKey,
    agentId: app.agentId,
    appSecret: new Secret(app.appSecret),
  };
  return {
    url: simulator.url,
    app: right,
    person: { userid: 'zhangsan', mobile: '13800001101' },
    other: { userid: 'lisi' },
    arrange: (situation) => {
      const fault = faults[situation];
      if (fault !== undefined) control.addFault(fault);
      if (situation === 'wrong secret') control.putApp({ ...app, appSecret: 'another' });
      if (situation === 'unknown mobile') control.setActive('zhangsan', false);
      if (situation === 'invalid person') control.setActive('lisi', false);
    },
    pass: (ms) => control.advance(ms),
    violations: () => control.violations().map(({ kind, detail }) => `${kind}: ${detail}`),
    stop: () => simulator.stop(),
  };
}
