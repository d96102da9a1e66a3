import { Secret } from '../../../src/base/sensitive.ts';
import { createDingTalkClient, type DingTalkClientOptions } from '../../../src/dingtalk/client.ts';
import type { ClientEvent } from '../../../src/dingtalk/client-events.ts';
import type { DingTalkClient } from '../../../src/dingtalk/client-types.ts';
import type { Transport, TransportAnswer, TransportRequest } from '../../../src/dingtalk/transport.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

/** What one request is answered with; a function may look at the request or wait for something. */
export type Script =
  TransportAnswer | ((request: TransportRequest) => TransportAnswer | Promise<TransportAnswer>);

export const json = (body: unknown, status = 200): TransportAnswer => ({
  kind: 'answered',
  status,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

/** Answers token calls by itself (`token-1`, `token-2`, …) and everything else with the script. */
export class ScriptedTransport implements Transport {
  readonly requests: TransportRequest[] = [];
  readonly script: Script[] = [];
  tokenCalls = 0;
  token: Script = () =>
    json({ errcode: 0, errmsg: 'ok', access_token: `token-${this.tokenCalls}`, expires_in: 7200 });
  /** For requests beyond the script. */
  otherwise: Script = json({ errcode: 0, task_id: 1, request_id: 'r' });

  async request(request: TransportRequest): Promise<TransportAnswer> {
    if (request.url.includes('/gettoken?') || request.url.includes('/oauth2/')) {
      this.tokenCalls++;
      return answer(this.token, request);
    }
    this.requests.push(request);
    return answer(this.script.shift() ?? this.otherwise, request);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function answer(script: Script, request: TransportRequest): Promise<TransportAnswer> {
  return typeof script === 'function' ? script(request) : script;
}

export interface Bench {
  readonly client: DingTalkClient;
  readonly transport: ScriptedTransport;
  readonly clock: FakeClock;
  readonly events: ClientEvent[];
}

export const appSecret = 'top-Secret-1';

export function bench(options: Partial<DingTalkClientOptions> = {}): Bench {
  const clock = new FakeClock();
  const transport = new ScriptedTransport();
  const events: ClientEvent[] = [];
  const client = createDingTalkClient({
    app: { name: 'default', appKey: 'key', appSecret: new Secret(appSecret), agentId: 1000 },
    clock,
    transport,
    random: () => 0.5,
    observe: (event) => events.push(event),
    ...options,
  });
  return { client, transport, clock, events };
}

export const toUser = {
  audience: { kind: 'users', userids: ['u1'] },
  body: '{"msgtype":"text","text":{"content":"月会"}}',
  people: null,
} as const;
