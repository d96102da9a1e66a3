import { Secret } from '../base/sensitive.ts';
import type {
  Config,
  DingTalkApp,
  DingTalkConfig,
  SchemaRegistryConfig,
  ServerConfig,
  StoreConfig,
  TopicConfig,
} from './config.ts';
import type { SourceRef } from './source-ref.ts';
import type { LoaderContext } from './loader-context.ts';
import { kafkaOf, sslOf } from './normalise-kafka.ts';
import type { DingbusFile } from './schema-dingbus.ts';
import { areTopicNames, namePattern } from './words.ts';

/** The part of the configuration that dingbus.yaml itself holds. */
export type MainConfig = Omit<
  Config,
  | 'hash'
  | 'path'
  | 'mainFile'
  | 'baseDir'
  | 'eventSchemas'
  | 'routes'
  | 'templates'
  | 'groups'
  | 'cases'
  | 'sources'
>;

/** Fills in what the definition cannot: secrets from files, and checks that concern several keys. */
export function normaliseDingbus(file: DingbusFile, ref: SourceRef, context: LoaderContext): MainConfig {
  const config: MainConfig = {
    kafka: kafkaOf(file, ref, context),
    schemaRegistry: registryOf(file, ref, context),
    dingtalk: dingtalkOf(file, ref, context),
    store: storeOf(file.store, ref, context),
    results: {
      topic: file.results.topic,
      deadLetterTopic: file.results.dead_letter_topic,
      format: file.results.format,
      create: file.results.create,
      partitions: file.results.partitions,
      replication: file.results.replication,
      minInSyncReplicas: file.results.min_insync_replicas,
      retentionMs: file.results.retention ?? null,
    },
    server: serverOf(file, ref, context),
    topics: topicsOf(file, ref, context),
    intake: { maxPending: file.intake.max_pending },
    retentionMs: file.retention,
    shutdownTimeoutMs: file.shutdown_timeout,
    timeZone: file.time_zone,
    defaultLocale: file.default_locale,
    links: { allow: file.links.allow ?? null },
    log: { level: file.log.level },
    reload: { watch: file.reload.watch },
  };
  checkTopics(config, ref, context);
  return config;
}

function registryOf(file: DingbusFile, ref: SourceRef, context: LoaderContext): SchemaRegistryConfig | null {
  const registry = file.schema_registry;
  const path = ['schema_registry'];
  if (registry === undefined) {
    if (file.results.format === 'avro') {
      const remedy = 'add schema_registry, or set results.format to json';
      context.report(
        ref,
        ['results', 'format'],
        'missing_key',
        'results in Avro need schema_registry',
        remedy,
      );
    }
    return null;
  }
  const base = {
    url: registry.url.replace(/\/+$/, ''),
    ssl: registry.ssl === undefined ? null : sslOf(registry.ssl, ref, ['schema_registry', 'ssl'], context),
    timeoutMs: registry.timeout,
    unknownSchema: registry.unknown_schema,
  };
  if (registry.token !== undefined) {
    if (registry.username !== undefined || registry.password !== undefined) {
      context.report(ref, path, 'conflict', 'token stands instead of username and password');
    }
    const token = context.secret(registry.token, ref, [...path, 'token']);
    return { ...base, auth: { kind: 'bearer', token } };
  }
  if (registry.username === undefined && registry.password === undefined) return { ...base, auth: null };
  if (registry.username === undefined || registry.password === undefined) {
    context.report(ref, path, 'conflict', 'username and password belong together');
    return { ...base, auth: null };
  }
  const password = context.secret(registry.password, ref, [...path, 'password']);
  return { ...base, auth: { kind: 'basic', username: registry.username, password } };
}

function dingtalkOf(file: DingbusFile, ref: SourceRef, context: LoaderContext): DingTalkConfig {
  const { dingtalk } = file;
  const apps = new Map<string, DingTalkApp>();
  for (const [name, app] of Object.entries(dingtalk.apps)) {
    const path = ['dingtalk', 'apps', name];
    if (!namePattern.test(name)) {
      context.report(
        ref,
        path,
        'wrong_value',
        'the name of an app may hold letters, digits, . _ - (at most 80)',
      );
    }
    if (dingtalk.token_api === 'corp' && app.corp_id === undefined) {
      context.report(ref, [...path, 'corp_id'], 'missing_key', 'corp_id is needed with token_api: corp');
    }
    apps.set(name, appOf(name, app, ref, context));
  }
  if (apps.size === 0)
    context.report(ref, ['dingtalk', 'apps'], 'missing_key', 'there must be at least one app');
  return {
    baseUrl: dingtalk.base_url.replace(/\/+$/, ''),
    apiBaseUrl: dingtalk.api_base_url.replace(/\/+$/, ''),
    timeoutMs: dingtalk.timeout,
    banHoldMs: dingtalk.ban_hold,
    lookupApi: dingtalk.lookup_api,
    tokenApi: dingtalk.token_api,
    apps,
  };
}

type AppKeys = DingbusFile['dingtalk']['apps'][string];

function appOf(name: string, app: AppKeys, ref: SourceRef, context: LoaderContext): DingTalkApp {
  const path = ['dingtalk', 'apps', name];
  const departmentSizes = new Map<number, number>();
  for (const [id, size] of Object.entries(app.department_sizes)) {
    if (/^[1-9]\d{0,15}$/.test(id)) departmentSizes.set(Number(id), size);
    else {
      const message = `a department id is a whole number, not ${JSON.stringify(id.slice(0, 40))}`;
      context.report(ref, [...path, 'department_sizes', id], 'wrong_value', message);
    }
  }
  const late = app.result_checks.findIndex((at, index) => at <= (app.result_checks[index - 1] ?? 0));
  if (late >= 0) {
    const message = 'each check must be later than the one before it';
    context.report(ref, [...path, 'result_checks', late], 'wrong_value', message);
  }
  return {
    name,
    appKey: app.app_key,
    appSecret: context.secret(app.app_secret, ref, [...path, 'app_secret']),
    agentId: app.agent_id,
    corpId: app.corp_id ?? null,
    limits: {
      callsPerSecond: app.limits.calls_per_second ?? Infinity,
      recipientsPerMinute: app.limits.recipients_per_minute ?? Infinity,
      perUserPerDay: app.limits.per_user_per_day,
      broadcastsPerDay: app.limits.broadcasts_per_day,
      callsPerMonth: app.limits.calls_per_month,
      warnAt: app.limits.warn_at,
    },
    departmentSizes,
    defaultDepartmentSize: app.default_department_size,
    companySize: app.company_size,
    resultChecksMs: app.result_checks,
  };
}

function storeOf(store: string, ref: SourceRef, context: LoaderContext): StoreConfig {
  if (/^postgres(ql)?:\/\/./.test(store)) return { kind: 'postgres', url: new Secret(store) };
  const path = store.startsWith('sqlite:') ? store.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '') : '';
  if (path === '') {
    // The text may hold a password, so it is not shown.
    context.report(ref, ['store'], 'wrong_value', 'store must be sqlite:path or postgres://…');
  }
  return { kind: 'sqlite', path };
}

function serverOf(file: DingbusFile, ref: SourceRef, context: LoaderContext): ServerConfig {
  const token = (key: 'admin_token' | 'read_token'): Secret | null => {
    const source = file.server[key];
    if (source === undefined || (source.kind === 'text' && source.text === '')) return null;
    return context.secret(source, ref, ['server', key]);
  };
  const adminToken = token('admin_token');
  const readToken = token('read_token');
  if (readToken !== null && readToken.reveal() === adminToken?.reveal()) {
    const message = 'read_token is the admin token: whoever may read could change everything';
    context.report(ref, ['server', 'read_token'], 'conflict', message, 'make up another one');
  }
  return { host: file.server.host, port: file.server.port, adminToken, readToken };
}

function topicsOf(
  file: DingbusFile,
  ref: SourceRef,
  context: LoaderContext,
): ReadonlyMap<string, TopicConfig> {
  const topics = new Map<string, TopicConfig>();
  for (const [name, topic] of Object.entries(file.topics)) {
    if (!areTopicNames(name)) {
      const message = `${JSON.stringify(name.slice(0, 60))} is not a name for a topic`;
      context.report(ref, ['topics', name], 'wrong_value', message);
    }
    topics.set(name, {
      name,
      format: topic.format,
      start: topic.start,
      source: topic.source ?? null,
      id: topic.id ?? null,
      type: topic.type ?? null,
      time: topic.time ?? null,
    });
  }
  if (topics.size === 0) context.report(ref, ['topics'], 'missing_key', 'there must be at least one topic');
  return topics;
}

/** A topic that is read and written to would feed on itself. */
function checkTopics(config: MainConfig, ref: SourceRef, context: LoaderContext): void {
  const { topic, deadLetterTopic } = config.results;
  if (topic === deadLetterTopic) {
    const message = 'results and dead letters need topics of their own';
    context.report(ref, ['results', 'dead_letter_topic'], 'conflict', message);
  }
  for (const name of [topic, deadLetterTopic]) {
    if (config.topics.has(name)) {
      const message = `${name} is written by dingbus and cannot be read as well`;
      context.report(ref, ['topics', name], 'conflict', message);
    }
  }
}
