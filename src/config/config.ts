import type { Secret } from '../base/sensitive.ts';
import type { MessageType, OverLimit, Priority, Track } from '../model/plan.ts';
import type { SourceMap } from './source-map.ts';
import type { SourceRef } from './source-ref.ts';

/**
 * The configuration as the program uses it: checked, defaults filled in, durations in milliseconds (`…Ms`), secrets
 * read and wrapped. It is immutable and plain; `loadConfig` is the only maker. Every key, its default and its meaning
 * are described in docs/rules.md and by the schemas under schemas/config.
 */
export interface Config {
  /** Short hex digest of the effective content of all files; secrets count only through a digest of their own. */
  readonly hash: string;
  /** Absolute path of dingbus.yaml. */
  readonly path: string;
  /** The same file as faults name it. */
  readonly mainFile: string;
  /** Absolute folder of dingbus.yaml: what relative paths (globs, `upload:`) refer to. */
  readonly baseDir: string;
  readonly kafka: KafkaConfig;
  /** Null when none is configured: then only topics without the registry's wire format can be read. */
  readonly schemaRegistry: SchemaRegistryConfig | null;
  readonly dingtalk: DingTalkConfig;
  readonly store: StoreConfig;
  readonly results: ResultsConfig;
  readonly server: ServerConfig;
  readonly topics: ReadonlyMap<string, TopicConfig>;
  readonly intake: IntakeConfig;
  /** How long finished notifications stay in the ledger. */
  readonly retentionMs: number;
  /** How long a stop may take before the process ends anyway. */
  readonly shutdownTimeoutMs: number;
  /** IANA name; what templates print timestamps in. */
  readonly timeZone: string;
  /** Chooses the template variant where a route's `locale` gives none. */
  readonly defaultLocale: string;
  readonly links: LinksConfig;
  readonly log: { readonly level: LogLevel };
  readonly reload: { readonly watch: boolean };
  /** The Avro schemas of domain events that expressions are checked against. */
  readonly eventSchemas: readonly EventSchemaFile[];
  /** In order of evaluation: files sorted by path, then the order in each file. */
  readonly routes: readonly RouteConfig[];
  readonly templates: ReadonlyMap<string, TemplateConfig>;
  readonly groups: ReadonlyMap<string, GroupConfig>;
  readonly cases: readonly CaseConfig[];
  /** Where each value stands in its file, for faults that are found later. */
  readonly sources: SourceMap;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly clientId: string;
  readonly sessionTimeoutMs: number;
  /** Null = plain text. */
  readonly ssl: SslConfig | null;
  readonly sasl: KafkaSasl | null;
}

/** PEM texts; null = the system's certificates, no client certificate. */
export interface SslConfig {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: Secret | null;
  readonly passphrase: Secret | null;
  readonly serverName: string | null;
  /** False accepts any certificate; lint warns. */
  readonly rejectUnauthorized: boolean;
}

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: Secret;
    }
  | {
      /** OAuth 2 client credentials; the token is fetched from `tokenUrl`. */
      readonly mechanism: 'oauthbearer';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: Secret;
      readonly scope: string | null;
    };

export interface SchemaRegistryConfig {
  /** Base address without a trailing slash. */
  readonly url: string;
  readonly auth:
    | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
    | { readonly kind: 'bearer'; readonly token: Secret }
    | null;
  /** For an https address with certificates of one's own; null = those of the system. */
  readonly ssl: SslConfig | null;
  readonly timeoutMs: number;
  /** What becomes of a record whose schema id the registry does not know. */
  readonly unknownSchema: 'dead_letter' | 'wait';
}

export interface DingTalkConfig {
  /** Base address of the old API (oapi), without a trailing slash. */
  readonly baseUrl: string;
  /** Base address of the new API, used for tokens with `tokenApi` v1 or corp. */
  readonly apiBaseUrl: string;
  /** For one call; an upload has six times as long. */
  readonly timeoutMs: number;
  /** How long all calls of an app stop after an IP ban whose answer names no time. */
  readonly banHoldMs: number;
  /** `auto`: the current lookup, and the legacy one when the app lacks the current one's permission. */
  readonly lookupApi: 'auto' | 'v2' | 'legacy';
  /** `legacy`: GET /gettoken; `v1`: POST /v1.0/oauth2/accessToken; `corp`: POST /v1.0/oauth2/{corpId}/token. */
  readonly tokenApi: 'legacy' | 'v1' | 'corp';
  readonly apps: ReadonlyMap<string, DingTalkApp>;
}

export interface DingTalkApp {
  readonly name: string;
  readonly appKey: string;
  readonly appSecret: Secret;
  readonly agentId: number;
  /** Needed with `tokenApi: corp` only. */
  readonly corpId: string | null;
  readonly limits: AppLimits;
  /** People of a department with its sub-departments, by department id. */
  readonly departmentSizes: ReadonlyMap<number, number>;
  readonly defaultDepartmentSize: number;
  /** People that a broadcast reaches. */
  readonly companySize: number;
  /** When DingTalk is asked what became of an accepted call: ascending, ms after the acceptance. */
  readonly resultChecksMs: readonly number[];
}

export interface AppLimits {
  /** Infinity = not limited by us; the same for people a minute. */
  readonly callsPerSecond: number;
  readonly recipientsPerMinute: number;
  readonly perUserPerDay: number;
  readonly broadcastsPerDay: number;
  /** Null = not limited by us. */
  readonly callsPerMonth: number | null;
  /** Share of a limit, 0 … 1, from which on a warning is logged. */
  readonly warnAt: number;
}

export type StoreConfig =
  /** `path` is relative to the working directory, as written. */
  | { readonly kind: 'sqlite'; readonly path: string }
  /** The address holds a password, hence a secret. */
  | { readonly kind: 'postgres'; readonly url: Secret };

export interface ResultsConfig {
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly format: 'avro' | 'json';
  /** Create both topics at start when they are missing. */
  readonly create: boolean;
  readonly partitions: number;
  /** Null = the broker's default replication factor. */
  readonly replication: number | null;
  /** Null = the broker's default of `min.insync.replicas`. */
  readonly minInSyncReplicas: number | null;
  /** Retention of both topics; null = the broker's default. */
  readonly retentionMs: number | null;
}

export interface ServerConfig {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Null = everything that changes something is off. */
  readonly adminToken: Secret | null;
  /** Null = reading is open to this machine; else it needs this token or the admin's. */
  readonly readToken: Secret | null;
}

/**
 * How a topic's records are read. `auto` finds envelope and body per record; the others force one reading:
 * `json` and `cloudevents` by their names, `avro`, `json_schema` and `protobuf` = the registry's wire format.
 */
export type TopicFormat = 'auto' | 'json' | 'avro' | 'json_schema' | 'protobuf' | 'cloudevents';

export interface TopicConfig {
  readonly name: string;
  readonly format: TopicFormat;
  /** Where to begin without a usable position. */
  readonly start: 'earliest' | 'latest';
  /** CEL expressions over `data` and `meta` that win over the envelope; null = not set. */
  readonly source: string | null;
  readonly id: string | null;
  readonly type: string | null;
  readonly time: string | null;
}

export interface IntakeConfig {
  /** Notifications not yet final beyond which the Kafka partitions pause. */
  readonly maxPending: number;
}

export interface LinksConfig {
  /** URL patterns (`https://*.example.com/`); null = every link is allowed. */
  readonly allow: readonly string[] | null;
}

/** An Avro schema of a domain event, parsed from JSON but not otherwise checked. */
export interface EventSchemaFile {
  readonly file: string;
  readonly schema: unknown;
}

/** A list in `to`: written out (literals and Liquid strings), or a CEL expression that gives it. */
export type ListConfig<T> = readonly T[] | { readonly from: string };

export interface AudienceConfig {
  readonly mobiles: ListConfig<string>;
  readonly userids: ListConfig<string>;
  readonly deptIds: ListConfig<string | number>;
  readonly groups: ListConfig<string>;
  readonly toAllUser: boolean;
}

export interface QuietHoursConfig {
  /** Whether there is a nightly window at all; without one only the quiet days below count. */
  readonly nightly: boolean;
  /** Minutes since midnight; `to` ≤ `from` reaches into the next day. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly timeZone: string;
  readonly action: 'defer' | 'drop';
  /** Days (0 = Sunday) on which the nightly window begins; null = every day. */
  readonly days: readonly number[] | null;
  /** Days (0 = Sunday) that are quiet from midnight to midnight. */
  readonly quietDays: readonly number[];
  /** Dates `YYYY-MM-DD` that are quiet from midnight to midnight. */
  readonly holidays: readonly string[];
}

/** `type` and `on` say which later events; `key` (CEL over that event) equals the notification's `correlation`. */
export interface SignalConfig {
  /** Null = every subscribed topic. */
  readonly on: readonly string[] | null;
  readonly type: readonly string[];
  readonly when: string | null;
  readonly key: string;
}

export interface UpdateSignalConfig extends SignalConfig {
  /** Liquid over the later event. */
  readonly statusValue: string;
  readonly statusBg: string | null;
}

export interface RouteConfig {
  readonly name: string;
  readonly on: readonly string[];
  /** Null = every type, and events without one. */
  readonly type: readonly string[] | null;
  readonly when: string | null;
  readonly forEach: string | null;
  readonly to: AudienceConfig;
  /** One of `template` (a name) and `message` (inline) is set; neither where only a digest is ever sent. */
  readonly template: string | null;
  readonly message: MessageConfig | null;
  /** CEL giving a locale such as `zh-CN`, which chooses `<template>.<locale>`. */
  readonly locale: string | null;
  readonly app: string;
  readonly dedupe: { readonly key: string; readonly windowMs: number } | null;
  readonly throttle: { readonly key: string; readonly limit: number; readonly windowMs: number } | null;
  readonly quietHours: QuietHoursConfig | null;
  readonly digest: {
    readonly key: string;
    readonly windowMs: number;
    readonly max: number;
    /** Renders the digest; null = the route's own template or message. */
    readonly template: string | null;
  } | null;
  readonly expiresAfterMs: number | null;
  readonly overLimit: OverLimit;
  readonly onUnknown: 'resend' | 'hold';
  readonly sameContent: 'suppress' | 'append_event_time';
  readonly maxRecipients: number;
  readonly track: Track;
  readonly priority: Priority;
  readonly correlation: string | null;
  readonly recallOn: readonly SignalConfig[];
  readonly updateOn: readonly UpdateSignalConfig[];
  readonly stop: boolean;
  readonly fallback: boolean;
  readonly enabled: boolean;
  readonly description: string | null;
  readonly source: SourceRef;
}

/** A JSON tree whose strings may hold Liquid. */
export type MessageField =
  string | number | boolean | null | readonly MessageField[] | { readonly [key: string]: MessageField };

/** A message of one type, in DingTalk's own field names. */
export interface MessageConfig {
  readonly type: MessageType;
  readonly fields: { readonly [key: string]: MessageField };
  readonly onTooLong: 'reject' | 'truncate';
  readonly samples: readonly SampleConfig[];
  readonly source: SourceRef;
}

export interface TemplateConfig extends MessageConfig {
  /** The file's base name: `refund-approval`, or with a locale `refund.zh-CN`. */
  readonly name: string;
}

/** An event in short form, as in samples and cases: what is not given gets a harmless default. */
export interface SampleEvent {
  readonly data: unknown;
  readonly meta: Readonly<Record<string, unknown>>;
}

export interface SampleConfig {
  readonly name: string;
  readonly event: SampleEvent;
  /** For templates of `for_each` routes. */
  readonly item: unknown;
  /** For templates of digests. */
  readonly items: readonly SampleEvent[] | null;
}

export interface GroupConfig {
  readonly name: string;
  readonly description: string | null;
  readonly mobiles: readonly string[];
  readonly userids: readonly string[];
  readonly deptIds: readonly number[];
  readonly groups: readonly string[];
  readonly source: SourceRef;
}

/** An event and what must follow from it. */
export interface CaseConfig {
  readonly name: string;
  readonly event: SampleEvent;
  /** The instant that `now` and the policies see; null = the event's time. */
  readonly now: Date | null;
  readonly expect: readonly CaseExpectation[];
  /** Null = not checked. */
  readonly expectSignals: readonly CaseSignal[] | null;
  readonly source: SourceRef;
}

/** What one expected notification must show; null = not checked. */
export interface CaseExpectation {
  readonly route: string;
  readonly item: number | null;
  readonly audience: {
    readonly mobiles: readonly string[] | null;
    readonly userids: readonly string[] | null;
    readonly deptIds: readonly number[] | null;
    readonly toAllUser: boolean | null;
  } | null;
  /** Parts of the message: every key that is given must be equal; `contains` looks for text in the body. */
  readonly message: MessageField | null;
  readonly contains: readonly string[];
  readonly failure: string | null;
  /** Verdicts of policies by name, e.g. `{ quiet: defer, dedupe: "A-1" }`. */
  readonly policies: Readonly<Record<string, MessageField>> | null;
}

export interface CaseSignal {
  readonly kind: 'recall' | 'update';
  readonly route: string;
  readonly correlation: string | null;
}
