import { afterEach } from 'vitest';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import type { SimulatorOptions } from '../../../src/simulator/options.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

export const agentId = 836390886;
export const appKey = 'dingsimulatorkey';
export const appSecret = 'simulator-secret';
export const conversation = '/topapi/message/corpconversation';

const running = new Set<Simulator>();

afterEach(async () => {
  for (const simulator of running) await simulator.stop();
  running.clear();
});

export type Json = Record<string, unknown>;

/** A simulator on a free port with a clock that stands still, and the calls that tests make of it. */
export class Bench {
  readonly simulator: Simulator;
  readonly clock: FakeClock;
  token: string;

  private constructor(simulator: Simulator, clock: FakeClock, token: string) {
    this.simulator = simulator;
    this.clock = clock;
    this.token = token;
  }

  static async start(options: SimulatorOptions = {}): Promise<Bench> {
    const clock = new FakeClock();
    const simulator = await startSimulator({ clock, ...options });
    running.add(simulator);
    const token = await tokenOf(simulator.url);
    return new Bench(simulator, clock, token);
  }

  get control(): Simulator['control'] {
    return this.simulator.control;
  }

  /** Moves the clock, for however long, and gets a token that is good then. */
  async later(ms: number): Promise<void> {
    this.control.advance(ms);
    this.token = await tokenOf(this.simulator.url);
  }

  /** Ends this simulator before the test does. */
  async stop(): Promise<void> {
    running.delete(this.simulator);
    await this.simulator.stop();
  }

  async get(path: string): Promise<Json> {
    return (await (await fetch(this.simulator.url + path)).json()) as Json;
  }

  async post(path: string, body: unknown, token: string | null = this.token): Promise<Json> {
    return (await (await this.raw(path, body, token)).json()) as Json;
  }

  raw(path: string, body: unknown, token: string | null = this.token): Promise<Response> {
    const query = token === null ? '' : `?access_token=${token}`;
    return fetch(`${this.simulator.url}${path}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  send(body: Json): Promise<Json> {
    return this.post(`${conversation}/asyncsend_v2`, { agent_id: agentId, msg: text('hello'), ...body });
  }

  progress(taskId: unknown): Promise<Json> {
    return this.post(`${conversation}/getsendprogress`, { agent_id: agentId, task_id: taskId });
  }

  async result(taskId: unknown): Promise<Json> {
    return this.post(`${conversation}/getsendresult`, { agent_id: agentId, task_id: taskId });
  }

  recall(taskId: unknown): Promise<Json> {
    return this.post(`${conversation}/recall`, { agent_id: agentId, msg_task_id: taskId });
  }

  /** Lets every task of now be done. */
  finish(): void {
    this.control.advance(1_000);
  }
}

export async function tokenOf(url: string): Promise<string> {
  const answer = await fetch(`${url}/gettoken?appkey=${appKey}&appsecret=${appSecret}`);
  return String(((await answer.json()) as Json)['access_token']);
}

export function text(content: string): Json {
  return { msgtype: 'text', text: { content } };
}
