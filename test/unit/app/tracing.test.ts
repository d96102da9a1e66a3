/**
 * One event through intake, delivery and publishing with an OpenTelemetry SDK in the process, against the simulator
 * over HTTP: the spans that an operator sees, how they hang together, and what must not be in them.
 */
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { intakeRules } from '../../../src/app/intake-rules.ts';
import { startTelemetry } from '../../../src/app/telemetry.ts';
import { tracedIntake, tracedPublish, tracedRules } from '../../../src/app/traced.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { createLogger, silentLogger } from '../../../src/base/logger.ts';
import { Secret } from '../../../src/base/sensitive.ts';
import { readTraceparent } from '../../../src/base/tracing.ts';
import { createSender, type Sender } from '../../../src/delivery/sender.ts';
import { createDingTalkClient } from '../../../src/dingtalk/client.ts';
import type { DingTalkClient } from '../../../src/dingtalk/client-types.ts';
import { createEventDecoder } from '../../../src/events/decoder.ts';
import type { Intake } from '../../../src/intake/intake-types.ts';
import { createIntake } from '../../../src/intake/intake.ts';
import type { Loop } from '../../../src/base/loop.ts';
import { createPublisher, type OutgoingRecord } from '../../../src/results/publisher.ts';
import { ResultEncoder } from '../../../src/results/encode.ts';
import { defaultDirectory } from '../../../src/simulator/default-directory.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { aRecord, only } from '../../fakes/builders.ts';
import { compile } from '../../fakes/rules.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const other = '00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01';
const app = only(defaultDirectory.apps.slice(0, 1));
const mobile = '13800001101';
const mobiles = [mobile, '13800001102'];

let simulator: Simulator;
let temp: TempLedger;
let client: DingTalkClient;
let intake: Intake['process'];
let sender: Sender;
let publisher: Loop;
let published: OutgoingRecord[] = [];

beforeAll(() => {
  provider.register();
});
afterAll(async () => {
  await provider.shutdown();
  trace.disable();
});

/** Takes events in, one for each trace, and waits until their results are out. */
async function run(traceparents: readonly (string | null)[]): Promise<readonly ReadableSpan[]> {
  const records = traceparents.map((each, n) =>
    aRecord({
      topic: 'orders',
      offset: BigInt(n),
      value: Buffer.from(JSON.stringify({ mobile: mobiles[n], text: `call ${mobile}` })),
      headers: each === null ? [] : [{ key: 'traceparent', value: Buffer.from(each) }],
    }),
  );
  await intake({ topic: 'orders', partition: 0, records });
  sender.start();
  publisher.start();
  await expect.poll(() => published.length, { timeout: 10_000 }).toBe(records.length);
  await Promise.all([sender.stop(), publisher.stop()]);
  return exporter.getFinishedSpans();
}

const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan =>
  only(spans.filter((span) => span.name === name));
const traceOf = (span: ReadableSpan): string => span.spanContext().traceId;
const linked = (span: ReadableSpan): string[] => span.links.map(({ context }) => context.traceId);
const producer = readTraceparent(traceparent)!;

describe('spans', () => {
  beforeEach(async () => {
    exporter.reset();
    published = [];
    simulator = await startSimulator({});
    temp = new TempLedger(systemClock);
    const ledger = await temp.open();
    client = createDingTalkClient({
      baseUrl: simulator.url,
      app: {
        name: 'default',
        appKey: app.appKey,
        appSecret: new Secret(app.appSecret),
        agentId: app.agentId,
      },
      clock: systemClock,
      timeoutMs: 1_000,
    });
    const compiled = compile(`routes:
  - name: told
    on: orders
    to: { mobiles: ["{{ data.mobile }}"] }
    message: { text: { content: "{{ data.text }}" } }
    track: accepted
`);
    const parts = { ledger, clock: systemClock, logger: silentLogger };
    const process = createIntake({
      ...parts,
      group: 'dingbus',
      decoder: createEventDecoder(null),
      rules: () => tracedRules(intakeRules(compiled), () => systemClock.now()),
      observer: { batch: () => undefined },
    });
    intake = tracedIntake('dingbus', process);
    const quotas = { perUserPerDay: 500, broadcastsPerDay: 3, callsPerMonth: null };
    sender = createSender({
      ...parts,
      app: 'default',
      client,
      random: () => 0,
      mediaFolder: temp.folder,
      settings: () => ({
        quotas,
        departmentSize: () => 10,
        companySize: 40,
        firstCheckMs: 100,
        running: true,
      }),
    });
    const encoder = new ResultEncoder({ groupId: 'dingbus', avro: null });
    publisher = createPublisher({
      ...parts,
      encode: async (row) => {
        if (row.kind === 'dead_letter') throw new Error('no dead letter was expected');
        return { topic: 'dingbus.results', ...(await encoder.encode(row.result, row.recordKey)) };
      },
      publish: tracedPublish((records) => {
        published.push(...records);
        return Promise.resolve([]);
      }),
    });
  });

  afterEach(async () => {
    await Promise.all([sender.stop(), publisher.stop()]);
    await client.close();
    await simulator.stop();
    await temp.dispose();
  });

  it('link to the producer, and carry its trace through decision, call and result', async () => {
    const spans = await run([traceparent]);
    const consumed = named(spans, 'process orders');
    expect(consumed).toMatchObject({
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'orders',
        'messaging.consumer.group.name': 'dingbus',
        'messaging.batch.message_count': 1,
      },
    });
    expect(linked(consumed)).toEqual([producer.traceId]);
    expect(traceOf(consumed)).not.toBe(producer.traceId);

    const decided = named(spans, 'decide');
    const delivered = named(spans, 'deliver default');
    const sent = named(spans, 'POST /topapi/message/corpconversation/asyncsend_v2');
    const told = named(spans, 'send dingbus.results');
    expect([decided, delivered, sent, told].map(traceOf)).toEqual(Array(4).fill(producer.traceId));
    expect(decided.parentSpanContext?.spanId).toBe(producer.spanId);
    expect(decided.attributes).toMatchObject({ 'dingbus.routes': ['told'], 'dingbus.notifications': 1 });
    expect(sent.parentSpanContext?.spanId).toBe(delivered.spanContext().spanId);
    expect(sent).toMatchObject({
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': 200,
        'dingtalk.errcode': '0',
      },
    });
    expect(told).toMatchObject({ kind: SpanKind.PRODUCER });
    const header = published[0]?.headers.find(({ key }) => key === 'traceparent');
    expect(String(header?.value)).toBe(traceparent);
  });

  it('of a call that carries two events are linked to both', async () => {
    const spans = await run([traceparent, other]);
    const traces = [producer.traceId, readTraceparent(other)!.traceId];
    expect(linked(named(spans, 'process orders'))).toEqual(traces);
    expect(spans.filter(({ name }) => name === 'decide').map(traceOf)).toEqual(traces);
    expect(linked(named(spans, 'deliver default'))).toEqual(traces);
  });

  it('of events without a trace begin with us', async () => {
    const spans = await run([null]);
    const consumed = named(spans, 'process orders');
    expect(consumed.links).toEqual([]);
    expect(named(spans, 'decide').parentSpanContext?.spanId).toBe(consumed.spanContext().spanId);
  });

  it('say what went wrong in a word', async () => {
    simulator.control.addFault({ name: 'bad-gateway', operation: 'send', count: 1 });
    const spans = await run([traceparent]);
    const delivered = only(spans.filter(({ name }) => name === 'deliver default'));
    expect(delivered.status.code).toBe(SpanStatusCode.ERROR);
    expect(delivered.attributes).toMatchObject({
      'dingbus.call.outcome': 'unknown',
      'error.type': 'http_5xx',
    });
  });

  it('hold no secret, token, mobile number or text of the event', async () => {
    const spans = await run([traceparent]);
    const said = JSON.stringify(
      spans.map(({ name, attributes, events, status, links }) => ({
        name,
        attributes,
        events,
        status,
        links,
      })),
    );
    expect(spans.map(({ name }) => name)).toContain('GET /gettoken');
    for (const word of [mobile, app.appSecret, app.appKey, 'access_token', 'call 138'])
      expect(said).not.toContain(word);
  });
});

describe('the SDK', () => {
  const warnings: string[] = [];
  const logger = createLogger({
    level: 'info',
    destination: { write: (line: string) => void warnings.push(line) },
  });
  const asked = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

  beforeEach(() => {
    warnings.length = 0;
  });

  it('is left alone where nobody asks, and where one is registered already', async () => {
    let loads = 0;
    const load = (): Promise<unknown> => Promise.resolve((loads += 1));
    await startTelemetry({}, logger, load);
    await startTelemetry({ ...asked, OTEL_TRACES_EXPORTER: 'none' }, logger, load);
    await startTelemetry({ ...asked, OTEL_SDK_DISABLED: 'true' }, logger, load);
    expect(warnings).toEqual([]);
    await startTelemetry(asked, logger, load);
    expect(warnings.join('')).toContain('registered already');
    expect(loads).toBe(0);
  });

  it('that is asked for and not installed is named, and the service runs on', async () => {
    trace.disable();
    try {
      const end = await startTelemetry(asked, logger);
      await end();
      expect(warnings.join('')).toContain('npm install @opentelemetry/sdk-node');
    } finally {
      provider.register();
    }
  });
});
