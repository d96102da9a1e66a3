import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { freePort } from '../../../dev/stack/ports.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createAdmin } from '../../../src/kafka/admin.ts';
import type { Admin } from '../../../src/kafka/admin-types.ts';
import { createSink } from '../../../src/kafka/sink.ts';
import type { Sink } from '../../../src/kafka/sink-types.ts';
import type { RawRecord } from '../../../src/model/record.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import type { SimulatorOptions } from '../../../src/simulator/options.ts';
import { DingbusProcess } from './dingbus-process.ts';

const root = join(import.meta.dirname, '../../..');

/** Builds `dist/` once for a test file: acceptance runs what users run. */
export function build(): void {
  execFileSync(process.execPath, [join(root, 'dev/build.ts')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** A result as it stands in the topic. */
export interface WireResult {
  readonly result_id: string;
  readonly seq: number;
  readonly status: string;
  readonly final: boolean;
  readonly amendment: boolean;
  readonly reason: string | null;
  readonly related: string | null;
  readonly notification_id: string;
  readonly route: string;
  readonly config_hash: string;
  readonly event: { readonly source: string; readonly id: string };
  readonly recipients: readonly {
    readonly userid: string | null;
    readonly status: string;
    readonly reason: string | null;
  }[];
}

export interface WorldOptions {
  readonly brokers: string;
  readonly registryUrl: string;
  /** Files of the configuration by name; `dingbus.yaml` is made from `dingbus`. */
  readonly files: Readonly<Record<string, string>>;
  /** Lines of dingbus.yaml beyond what the world itself sets (topics:, intake:, …). */
  readonly dingbus: string;
  readonly topics: readonly { readonly name: string; readonly partitions: number }[];
  readonly simulator?: SimulatorOptions;
  /** `sqlite` in the world's folder, or an address. */
  readonly store?: string;
  /** More keys for the sections that the world writes itself, as they stand in a YAML flow mapping. */
  readonly sections?: Readonly<Partial<Record<'kafka' | 'schema_registry' | 'server', string>>>;
  /** More variables for the process, or other values for the world's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One dingbus with everything around it: topics of its own, a simulator, a configuration, a ledger. */
export class World {
  readonly name: string;
  readonly folder: string;
  simulator: Simulator;
  readonly admin: Admin;
  readonly sink: Sink;
  readonly registry: SchemaRegistry;
  readonly groupId: string;
  readonly resultsTopic: string;
  readonly deadLetterTopic: string;
  readonly brokers: string;
  readonly registryUrl: string;
  readonly #store: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #simulatorOptions: SimulatorOptions;
  readonly #processes: DingbusProcess[] = [];
  readonly #results: WireResult[] = [];
  /** Offsets up to which the partitions of the results topic have been read. */
  readonly #readTo = new Map<number, bigint>();
  /** Requests that the documentation does not allow, of simulators that were stopped. */
  readonly #breaches: string[] = [];

  private constructor(options: WorldOptions, name: string, folder: string, simulator: Simulator) {
    this.name = name;
    this.folder = folder;
    this.#simulatorOptions = simulatorOptions(options, folder);
    this.simulator = simulator;
    this.groupId = `${name}-group`;
    this.resultsTopic = `${name}.results`;
    this.deadLetterTopic = `${name}.dead-letters`;
    this.brokers = options.brokers;
    this.registryUrl = options.registryUrl;
    this.#store = options.store ?? 'sqlite:ledger/dingbus.db';
    this.#env = options.env ?? {};
    const connection = {
      brokers: options.brokers.split(','),
      clientId: `${name}-test`,
      ssl: null,
      sasl: null,
    };
    this.admin = createAdmin({ connection, clock: systemClock, logger: silentLogger });
    this.sink = createSink({ connection, clock: systemClock, logger: silentLogger });
    this.registry = new SchemaRegistry({ host: options.registryUrl });
  }

  static async create(options: WorldOptions): Promise<World> {
    const name = `t${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;
    const folder = mkdtempSync(join(tmpdir(), 'dingbus-acceptance-'));
    const simulator = await startSimulator(simulatorOptions(options, folder));
    const world = new World(options, name, folder, simulator);
    await world.admin.ensureTopics(
      options.topics.map((topic) => ({
        topic: world.topic(topic.name),
        partitions: topic.partitions,
        replication: 1,
        retentionMs: null,
        minIsr: null,
      })),
      true,
    );
    world.writeConfig(options);
    return world;
  }

  /** DingTalk cannot be reached for a while; afterwards it remembers everything. */
  async simulatorOutage(ms: number): Promise<void> {
    const { port } = this.simulator;
    await this.#stopSimulator();
    await delay(ms);
    this.simulator = await startSimulator({ ...this.#simulatorOptions, port });
  }

  /** The name of a topic of this world. */
  topic(name: string): string {
    return `${this.name}.${name}`;
  }

  /** Writes the configuration; `{topic:NAME}` in it stands for this world's topic. */
  writeConfig(options: Pick<WorldOptions, 'files' | 'dingbus' | 'sections'>): void {
    const { kafka = '', schema_registry: registry = '', server = '' } = options.sections ?? {};
    const own = `kafka: { brokers: "\${KAFKA_BROKERS}", group_id: ${this.groupId}, session_timeout: 6s, ${kafka} }
schema_registry: { url: "\${SCHEMA_REGISTRY_URL}", ${registry} }
store: "\${DINGBUS_STORE}"
results: { topic: ${this.resultsTopic}, dead_letter_topic: ${this.deadLetterTopic}, partitions: 3 }
server: { host: 127.0.0.1, port: "\${DINGBUS_PORT}", ${server === '' ? 'admin_token: test-admin-token' : server} }
`;
    const files = { ...options.files, 'dingbus.yaml': own + options.dingbus };
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, 'config', name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(
        path,
        text.replace(/\{topic:([\w.-]+)\}/g, (_match, topic: string) => this.topic(topic)),
      );
    }
  }

  async process(name = 'one'): Promise<DingbusProcess> {
    const dataDir = join(this.folder, name);
    mkdirSync(dataDir, { recursive: true });
    const port = await freePort();
    const dingbus = new DingbusProcess({
      configDir: join(this.folder, 'config'),
      dataDir,
      port,
      env: {
        KAFKA_BROKERS: this.brokers,
        SCHEMA_REGISTRY_URL: this.registryUrl,
        DINGTALK_BASE_URL: this.simulator.url,
        DINGBUS_STORE: this.#store,
        DINGBUS_PORT: String(port),
        ...this.#env,
      },
    });
    this.#processes.push(dingbus);
    return dingbus;
  }

  /** All records of a topic, partition by partition. */
  async read(topic: string): Promise<RawRecord[]> {
    const records: RawRecord[] = [];
    for (const { partition, low, high } of await this.admin.offsets(topic)) {
      for await (const record of this.admin.readRange(topic, partition, low, high)) records.push(record);
    }
    return records;
  }

  /**
   * Every result so far, repeats included. The simulator lives in this process: to read many thousands in one go would keep
   * it from answering for seconds, so each is read once, and others get their turn in between.
   */
  async results(): Promise<WireResult[]> {
    for (const { partition, low, high } of await this.admin.offsets(this.resultsTopic)) {
      const from = this.#readTo.get(partition) ?? low;
      for await (const record of this.admin.readRange(this.resultsTopic, partition, from, high)) {
        this.#results.push((await this.registry.decode(record.value ?? Buffer.alloc(0))) as WireResult);
        if (this.#results.length % 50 === 0) await setImmediate();
      }
      this.#readTo.set(partition, high);
    }
    return [...this.#results];
  }

  /** Waits until `done` holds of the results, or fails with what is there. */
  async untilResults(
    done: (results: readonly WireResult[]) => boolean,
    timeoutMs: number,
  ): Promise<WireResult[]> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const known = (await this.admin.topicNames()).includes(this.resultsTopic);
      const results = known ? await this.results() : [];
      if (done(results)) return results;
      if (Date.now() > deadline) {
        const finals = results.filter((result) => result.final).length;
        throw new Error(
          `waited in vain: ${results.length} results, ${finals} of them final; see ${this.folder}`,
        );
      }
      await delay(500);
    }
  }

  /** Records of all input topics that the group has not committed. */
  async lag(names: readonly string[]): Promise<bigint> {
    let lag = 0n;
    for (const name of names) {
      const topic = this.topic(name);
      const committed = new Map(
        (await this.admin.committed(this.groupId, topic)).map((each) => [each.partition, each.offset]),
      );
      for (const { partition, high, low } of await this.admin.offsets(topic))
        lag += high - (committed.get(partition) ?? low);
    }
    return lag;
  }

  /** Ends everything; DINGBUS_TEST_KEEP leaves the folder with configuration, ledger and log for a look. */
  async close(): Promise<void> {
    // A test that failed half-way leaves its processes running.
    for (const dingbus of this.#processes) await dingbus.kill();
    await this.sink.stop(5_000);
    await this.admin.close();
    await this.#stopSimulator();
    if (process.env['DINGBUS_TEST_KEEP'] === undefined) rmSync(this.folder, { recursive: true, force: true });
    // Whatever the test was about: no request of ours may break the documentation.
    if (this.#breaches.length > 0) throw new Error(`against the documentation: ${this.#breaches.join('; ')}`);
  }

  /** Passing a limit is no breach of form; tests that are about limits look at those themselves. */
  async #stopSimulator(): Promise<void> {
    const found = this.simulator.control.violations().filter(({ kind }) => kind !== 'limit');
    this.#breaches.push(...found.map(({ kind, detail }) => `${kind}: ${detail}`));
    await this.simulator.stop();
  }
}

function simulatorOptions(options: WorldOptions, folder: string): SimulatorOptions {
  return { limits: 'off', snapshot: join(folder, 'simulator.json'), ...options.simulator };
}

/** Distinct final results by notification; fails when one has two. */
export function finalsByNotification(results: readonly WireResult[]): Map<string, WireResult> {
  const finals = new Map<string, WireResult>();
  for (const result of results.filter((each) => each.final)) {
    const known = finals.get(result.notification_id);
    if (known !== undefined && known.result_id !== result.result_id) {
      throw new Error(
        `${result.notification_id} has two final results: ${known.result_id}, ${result.result_id}`,
      );
    }
    finals.set(result.notification_id, result);
  }
  return finals;
}
