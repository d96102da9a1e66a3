import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createAdmin } from '../../../src/kafka/admin.ts';
import type { Admin } from '../../../src/kafka/admin-types.ts';
import { createSink } from '../../../src/kafka/sink.ts';
import type { OutgoingRecord, Sink } from '../../../src/kafka/sink-types.ts';
import { freePort } from '../../stack/ports.ts';
import { startPostgres, stopOwnServer, type Database } from '../../stack/postgres.ts';
import { startStack, type Stack } from '../../stack/stack.ts';
import { Child, root, type ChildOptions } from './child.ts';
import { cloudEvent } from './events.ts';
import { say } from './report.ts';
import { Service } from './service.ts';
import { SimulatorProcess } from './simulator-process.ts';

export interface ServiceSetup {
  /** The topic that it reads. */
  readonly topic: string;
  /** The content of its routes file. */
  readonly routes: string;
  readonly simulatorUrl: string;
  /** Its consumer group; a new one when absent. */
  readonly group?: string;
  /** Where its files go; a new folder when absent. */
  readonly folder?: string;
  /** An address; a fresh SQLite file when absent. */
  readonly store?: string;
  /** What it keeps to of DingTalk's rates; nothing when absent. */
  readonly limits?: { readonly callsPerSecond: number; readonly recipientsPerMinute: number };
  /** `kafka.session_timeout`; its default when absent. */
  readonly sessionTimeout?: string;
}

/** Kafka, a registry and a folder for everything that a bench starts; it all goes when the bench ends. */
export class BenchWorld {
  readonly folder: string;
  readonly #admin: Admin;
  readonly #stack: Stack;
  readonly #sink: Sink;
  readonly #children = new Set<Child>();
  readonly #databases: Database[] = [];
  readonly #many = new Map<number, Promise<string>>();
  #names = 0;

  private constructor(stack: Stack) {
    this.#stack = stack;
    this.folder = mkdtempSync(join(tmpdir(), 'dingbus-bench-'));
    const connection = {
      brokers: stack.brokers.split(','),
      clientId: 'dingbus-bench',
      ssl: null,
      sasl: null,
    };
    const means = { connection, clock: systemClock, logger: silentLogger };
    this.#admin = createAdmin(means);
    this.#sink = createSink({ ...means, deliveryTimeoutMs: 120_000 });
  }

  static async open(): Promise<BenchWorld> {
    return new BenchWorld(await startStack());
  }

  get brokers(): string {
    return this.#stack.brokers;
  }

  /** A name that nothing before it had, on this broker or in this folder. */
  name(what: string): string {
    this.#names += 1;
    return `bench-${process.pid}-${Date.now().toString(36)}-${this.#names}-${what}`;
  }

  async createTopic(what: string, partitions = 3): Promise<string> {
    const topic = this.name(what);
    await this.ensureTopics([topic], partitions);
    return topic;
  }

  async ensureTopics(topics: readonly string[], partitions = 3): Promise<void> {
    const specs = topics.map((topic) => {
      return { topic, partitions, replication: 1, retentionMs: null, minIsr: null };
    });
    await this.#admin.ensureTopics(specs, true);
  }

  /** A topic that holds so many ordinary events; made once and shared by all that read it. */
  manyEvents(count: number): Promise<string> {
    const known = this.#many.get(count);
    if (known !== undefined) return known;
    const made = this.createTopic('many').then(async (topic) => {
      say(`publishing ${count} events`);
      await this.produce(topic, count, (index) => cloudEvent('e', index, 'bench.OrderPlaced', 300));
      return topic;
    });
    this.#many.set(count, made);
    return made;
  }

  /** Records of a topic that a group has committed. */
  async committed(group: string, topic: string): Promise<number> {
    const offsets = await this.#admin.committed(group, topic);
    return offsets.reduce((sum, { offset }) => sum + Number(offset ?? 0), 0);
  }

  /** Publishes `count` records, evenly over the partitions. */
  async produce(
    topic: string,
    count: number,
    make: (index: number) => Omit<OutgoingRecord, 'topic' | 'partition'>,
    partitions = 3,
  ): Promise<void> {
    const chunk = 5_000;
    for (let from = 0; from < count; from += chunk) {
      const size = Math.min(chunk, count - from);
      const records = Array.from({ length: size }, (_none, at): OutgoingRecord => {
        return { topic, ...make(from + at), partition: (from + at) % partitions };
      });
      await this.#sink.publish(records);
    }
  }

  async startSimulator(people: number): Promise<SimulatorProcess> {
    return this.#keep(await SimulatorProcess.start(this.subfolder('simulator'), people));
  }

  /** A program of dev/bench/reference. */
  startReference(name: string, args: readonly string[], env: ChildOptions['env'] = {}): Child {
    const folder = this.subfolder(name);
    return this.#keep(
      new Child({
        args: [join(root, 'dev/bench/reference', `${name}.ts`), ...args],
        cwd: folder,
        env: { KAFKA_BROKERS: this.brokers, ...env },
        log: join(folder, `${name}.log`),
      }),
    );
  }

  async startService(setup: ServiceSetup): Promise<Service> {
    const folder = setup.folder ?? this.subfolder('service');
    const config = join(folder, 'config');
    mkdirSync(join(config, 'routes'), { recursive: true });
    writeFileSync(join(config, 'dingbus.yaml'), this.#dingbusYaml(setup));
    writeFileSync(join(config, 'routes/bench.yaml'), setup.routes);
    return this.startConfigured(config, folder, profiling());
  }

  /** The service with a configuration that is there already and takes its port from DINGBUS_PORT. */
  async startConfigured(config: string, folder: string, env: ChildOptions['env']): Promise<Service> {
    const port = await freePort();
    return this.#keep(
      new Service({
        configFolder: config,
        port,
        cwd: folder,
        env: {
          DINGBUS_PORT: String(port),
          DINGBUS_STORE: 'sqlite:ledger/dingbus.db',
          KAFKA_BROKERS: this.brokers,
          SCHEMA_REGISTRY_URL: this.#stack.registryUrl,
          ...env,
        },
        log: join(folder, 'dingbus.log'),
      }),
    );
  }

  /** A folder of its own for one program. */
  subfolder(what: string): string {
    const folder = join(this.folder, this.name(what));
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  async stop(child: Child): Promise<void> {
    this.#children.delete(child);
    await child.stop();
  }

  async startDatabase(): Promise<string> {
    const database = await startPostgres();
    this.#databases.push(database);
    return database.url;
  }

  async close(): Promise<void> {
    for (const child of [...this.#children].reverse()) await this.stop(child);
    for (const database of this.#databases) await database.stop();
    await stopOwnServer();
    await this.#sink.stop(5_000);
    await this.#admin.close();
    await this.#stack.stop();
    if (process.env['DINGBUS_BENCH_KEEP'] === undefined)
      rmSync(this.folder, { recursive: true, force: true });
    else process.stderr.write(`  kept: ${this.folder}\n`);
  }

  #keep<T extends Child>(child: T): T {
    this.#children.add(child);
    return child;
  }

  #dingbusYaml(setup: ServiceSetup): string {
    const results = this.name('results');
    const session = setup.sessionTimeout === undefined ? '' : `, session_timeout: ${setup.sessionTimeout}`;
    return `kafka: { brokers: "\${KAFKA_BROKERS}", group_id: ${setup.group ?? this.name('group')}${session} }
schema_registry: { url: "\${SCHEMA_REGISTRY_URL}" }
store: "${setup.store ?? 'sqlite:ledger/dingbus.db'}"
results: { topic: ${results}, dead_letter_topic: ${results}-dead-letters }
server: { port: "\${DINGBUS_PORT}" }
dingtalk:
  base_url: ${setup.simulatorUrl}
  apps:
    default:
      app_key: dingsimulatorkey
      app_secret: simulator-secret
      agent_id: 836390886
      limits: { calls_per_second: ${limit(setup.limits?.callsPerSecond)}, recipients_per_minute: ${limit(setup.limits?.recipientsPerMinute)} }
topics: { ${setup.topic}: {} }
`;
  }
}

function limit(value: number | undefined): string {
  return value === undefined ? 'null' : String(value);
}

/** With DINGBUS_BENCH_PROFILE each service writes a CPU profile into that folder when it ends. */
function profiling(): Record<string, string> {
  const folder = process.env['DINGBUS_BENCH_PROFILE'];
  return folder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` };
}
