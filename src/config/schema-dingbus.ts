import { type z } from 'zod';
import { bool, choice, decimal, duration, int, isMapping, text, textOf } from './fields.ts';
import { intOrNull, secret } from './secret-field.ts';
import { either, keys, list, named, oneOrMany } from './shapes.ts';
import { cel, timeZone, topicName } from './words.ts';

/** The definition of dingbus.yaml: it checks the file, fills in defaults, and makes schemas/config/dingbus.schema.json. */

const url = /^https?:\/\/[^\s/?#]+[^\s]*$/;

type SaslKeys = z.infer<ReturnType<typeof plainSasl>> | z.infer<ReturnType<typeof oauthSasl>>;

const sasl = either<SaslKeys>(
  { description: 'How to log in to the brokers; without it there is no login.' },
  [plainSasl(), oauthSasl()],
  (value) => {
    if (!isMapping(value)) return 'a mapping';
    const mechanism = textOf(value['mechanism']);
    return mechanism === 'oauthbearer' ? oauthSasl() : plainSasl();
  },
);

function plainSasl() {
  return keys({
    mechanism: choice({ description: 'Login mechanism.' }, ['plain', 'scram-sha-256', 'scram-sha-512']),
    username: text({ description: 'plain, scram: user name.' }),
    password: secret({ description: 'plain, scram: password.' }),
  });
}

function oauthSasl() {
  return keys({
    mechanism: choice({ description: 'Login mechanism.' }, ['oauthbearer']),
    token_url: text(
      { description: 'oauthbearer: where tokens are fetched (OAuth 2 client credentials).' },
      { pattern: url, what: 'a URL' },
    ),
    client_id: text({ description: 'oauthbearer: client id.' }),
    client_secret: secret({ description: 'oauthbearer: client secret.' }),
    scope: text({ description: 'oauthbearer: scope.' }).optional(),
  });
}

const sslKeys = keys({
  ca: secret({ description: 'Certificate authorities, PEM; default: those of the system.' }).optional(),
  cert: secret({ description: 'Client certificate, PEM.' }).optional(),
  key: secret({ description: 'Key of the client certificate, PEM.' }).optional(),
  passphrase: secret({ description: 'Passphrase of the key.' }).optional(),
  server_name: text({ description: 'Name expected in the server’s certificate.' }).optional(),
  reject_unauthorized: bool({ description: 'false accepts any certificate; for tests only.' }).prefault(true),
});

const ssl = either<boolean | z.infer<typeof sslKeys>>(
  { description: 'Encrypt the connections: true, or a mapping with certificates.', examples: [true] },
  [bool({}), sslKeys],
  (value) => (isMapping(value) ? sslKeys : bool({})),
);

const kafka = keys(
  {
    brokers: oneOrMany(
      {
        description: 'Addresses host:port; a comma-separated text or a list.',
        examples: ['kafka-1:9092,kafka-2:9092'],
      },
      text({}),
      100,
    ),
    group_id: text({ description: 'Consumer group; also names the source of result events.' }).prefault(
      'dingbus',
    ),
    client_id: text({ description: 'Name shown in broker logs.' }).prefault('dingbus'),
    session_timeout: duration(
      { description: 'The group drops an instance that is silent for this long.' },
      1000,
      1_800_000,
    ).prefault('10s'),
    ssl: ssl.optional(),
    sasl: sasl.optional(),
  },
  { description: 'The Kafka cluster that is read from and written to.' },
);

const schemaRegistry = keys(
  {
    url: text(
      { description: 'Base address of the Confluent-compatible API.' },
      { pattern: url, what: 'a URL' },
    ),
    username: text({ description: 'User name for HTTP basic authentication.' }).optional(),
    password: secret({ description: 'Password for HTTP basic authentication.' }).optional(),
    token: secret({ description: 'Bearer token; instead of username and password.' }).optional(),
    ssl: sslKeys.meta({ description: 'Certificates for an https address.' }).optional(),
    timeout: duration({ description: 'For one request.' }, 100, 300_000).prefault('10s'),
    unknown_schema: choice(
      {
        description:
          'What becomes of a record whose schema id the registry does not know, after a few retries: a dead letter, or its partition waits until the schema is there.',
      },
      ['dead_letter', 'wait'],
    ).prefault('dead_letter'),
  },
  { description: 'The schema registry; needed for Avro topics and for `results.format: avro`.' },
);

const limits = keys(
  {
    calls_per_second: intOrNull({
      description: 'Calls a second, per API; null = not limited here, for a stand-in that does not limit either.',
    }).prefault(20),
    recipients_per_minute: intOrNull({
      description: 'Recipients a minute; null = not limited here.',
    }).prefault(5000),
    per_user_per_day: int({ description: 'Notifications a person may get a day.' }, 1, 100_000).prefault(500),
    broadcasts_per_day: int({ description: 'Notifications to everyone a day.' }, 0, 1000).prefault(3),
    calls_per_month: intOrNull({
      description: 'Calls a calendar month that the plan pays for; null = not limited here.',
    }).prefault(null),
    warn_at: decimal({ description: 'Share of a limit from which on a warning is logged.' }, 0, 1).prefault(
      0.8,
    ),
  },
  { description: 'DingTalk’s limits as dingbus counts them, per DingTalk day (Asia/Shanghai).' },
);

const app = keys({
  app_key: text({ description: 'AppKey (Client ID) of the internal app.' }),
  app_secret: secret({ description: 'AppSecret (Client Secret) of the app.' }),
  agent_id: int({ description: 'AgentId of the app.' }, 1),
  corp_id: text({ description: 'CorpId; needed with `token_api: corp`.' }).optional(),
  limits: limits.prefault({}),
  department_sizes: named(int({ description: 'People, sub-departments included.' }, 1, 5000), {
    description: 'People by department id, for `max_recipients` and the limit of recipients a minute.',
    examples: [{ 4417023: 12 }],
  }).prefault({}),
  default_department_size: int(
    { description: 'People counted for a department that is not listed.' },
    1,
    5000,
  ).prefault(50),
  company_size: int(
    { description: 'People that a notification to everyone counts as.' },
    1,
    10_000_000,
  ).prefault(1000),
  result_checks: list(
    duration({}, 1_000, 86_400_000),
    {
      description:
        'When DingTalk is asked what became of an accepted call, counted from its acceptance, for as long as something is open; each question is a call of the month. A last one follows shortly before DingTalk’s 24 hours are over.',
      examples: [['5s', '1m', '1h']],
    },
    50,
    1,
  ).prefault(['2s', '15s', '1m', '10m', '1h', '4h', '12h']),
});

const dingtalk = keys(
  {
    base_url: text(
      { description: 'Base address of the DingTalk API.' },
      { pattern: url, what: 'a URL' },
    ).prefault('https://oapi.dingtalk.com'),
    api_base_url: text(
      { description: 'Base address of the newer API, for tokens with `token_api` v1 or corp.' },
      { pattern: url, what: 'a URL' },
    ).prefault('https://api.dingtalk.com'),
    timeout: duration({ description: 'For one call; an upload has six times as long.' }, 100, 300_000).prefault('10s'),
    ban_hold: duration(
      { description: 'How long all calls stop after an IP ban whose answer names no time.' },
      1000,
    ).prefault('5m'),
    lookup_api: choice({ description: 'How mobiles are looked up: v2, legacy, or v2 and then legacy.' }, [
      'auto',
      'v2',
      'legacy',
    ]).prefault('auto'),
    token_api: choice(
      {
        description:
          'How tokens are fetched: GET /gettoken, POST /v1.0/oauth2/accessToken, or POST /v1.0/oauth2/{corp_id}/token.',
      },
      ['legacy', 'v1', 'corp'],
    ).prefault('legacy'),
    apps: named(app, {
      description:
        'The apps that send, by the name that routes use. `default` is used where a route names none.',
    }),
  },
  { description: 'The DingTalk API and the apps that send.' },
);

const results = keys(
  {
    topic: topicName({ description: 'Topic of the delivery results.' }).prefault('dingbus.results'),
    dead_letter_topic: topicName({ description: 'Topic of the records that could not be handled.' }).prefault(
      'dingbus.dead-letters',
    ),
    format: choice({ description: 'avro needs the schema registry.' }, ['avro', 'json']).prefault('avro'),
    create: bool({ description: 'Create both topics at start when they are missing.' }).prefault(true),
    partitions: int({ description: 'Partitions of topics that are created.' }, 1, 10_000).prefault(3),
    replication: intOrNull({
      description: 'Replication factor of topics that are created; null = the broker’s default.',
    }).prefault(null),
    min_insync_replicas: intOrNull({
      description: '`min.insync.replicas` of topics that are created; null = the broker’s default.',
    }).prefault(null),
    retention: duration(
      { description: 'Retention of topics that are created; without it the broker’s default.' },
      60_000,
      10 * 366 * 86_400_000,
    ).optional(),
  },
  { description: 'Where outcomes are published.' },
);

const topic = keys({
  format: choice({ description: 'auto finds envelope and body per record; the others force one reading.' }, [
    'auto',
    'json',
    'avro',
    'json_schema',
    'protobuf',
    'cloudevents',
  ]).prefault('auto'),
  start: choice({ description: 'Where to begin where the group has no position.' }, [
    'earliest',
    'latest',
  ]).prefault('earliest'),
  source: cel({
    description: 'The event’s source, instead of the envelope’s.',
    examples: ['"/shop/" + data.region'],
  }).optional(),
  id: cel({
    description: 'The event’s id, instead of the envelope’s.',
    examples: ['data.order_id'],
  }).optional(),
  type: cel({
    description: 'The event’s type, instead of the envelope’s.',
    examples: ['data.kind'],
  }).optional(),
  time: cel({
    description: 'The event’s time (a timestamp), instead of the envelope’s.',
    examples: ['timestamp(data.at)'],
  }).optional(),
});

const globs = (description: string, example: string) =>
  oneOrMany({ description, examples: [example] }, text({}), 1000);

export const dingbusSchema = keys(
  {
    kafka,
    schema_registry: schemaRegistry.optional(),
    dingtalk,
    store: text({
      description: 'The ledger: sqlite:path (relative to the working directory) or postgres://…',
    }).prefault('sqlite:data/dingbus.db'),
    results: results.prefault({}),
    server: keys(
      {
        host: text({ description: 'Address to listen on.' }).prefault('127.0.0.1'),
        port: int({ description: 'Port to listen on; 0 = any free one.' }, 0, 65_535).prefault(8080),
        admin_token: secret({
          description: 'Token for everything that changes something; without it (or empty) those are off.',
        }).optional(),
        read_token: secret({
          description:
            'With it (and not empty) reading the API and the console needs this or the admin token, on this machine too.',
        }).optional(),
      },
      { description: 'Health, metrics, API and console.' },
    ).prefault({}),
    topics: named(topic, {
      description:
        'The topics that are read, by name. With * in it a name stands for all topics that fit, also those that come later; a topic’s own name goes before a pattern, and of several patterns the first counts.',
      examples: [{ 'shop.orders': {}, 'crm.*': { start: 'latest' } }],
    }),
    intake: keys(
      {
        max_pending: int(
          { description: 'Unfinished notifications beyond which reading pauses.' },
          1,
          10_000_000,
        ).prefault(10_000),
      },
      { description: 'Reading of events.' },
    ).prefault({}),
    retention: duration(
      { description: 'How long finished notifications are kept.' },
      3_600_000,
      10 * 366 * 86_400_000,
    ).prefault('7d'),
    shutdown_timeout: duration({ description: 'How long a stop may take.' }, 100, 3_600_000).prefault('20s'),
    time_zone: timeZone({
      description: 'Time zone (IANA) of timestamps in messages and of quiet hours.',
    }).prefault('Asia/Shanghai'),
    default_locale: text(
      { description: 'Variant of a template that is taken where a route’s `locale` gives none.' },
      { pattern: /^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$/, what: 'a locale such as zh-CN' },
    ).prefault('zh-CN'),
    links: keys(
      {
        allow: list(text({ description: 'A URL prefix; * stands for any text without a slash.' }), {
          description: 'When set, every link in a message must match one of these.',
          examples: [['https://ops.example.com/', 'https://*.wiki.example.com/']],
        }).optional(),
      },
      { description: 'Links in messages.' },
    ).prefault({}),
    log: keys(
      {
        level: choice({ description: 'Least severe level that is logged.' }, [
          'debug',
          'info',
          'warn',
          'error',
          'silent',
        ]).prefault('info'),
      },
      { description: 'The log on standard output.' },
    ).prefault({}),
    reload: keys(
      { watch: bool({ description: 'Reload when a file of the configuration changes.' }).prefault(false) },
      { description: 'Reloading without SIGHUP or POST /-/reload.' },
    ).prefault({}),
    routes: globs(
      'Files of routes; * and ** are wildcards. Default: routes/*.yaml',
      'routes/*.yaml',
    ).optional(),
    templates: globs('Files of templates. Default: templates/*.yaml', 'templates/*.yaml').optional(),
    groups: globs('Files of recipient groups. Default: groups.yaml, if it exists', 'groups.yaml').optional(),
    cases: globs('Files of cases, for `dingbus test`. Default: cases/*.yaml', 'cases/*.yaml').optional(),
    event_schemas: globs(
      'Avro schemas of events, against which expressions are checked.',
      'schemas/events/*.avsc',
    ).optional(),
  },
  {
    title: 'dingbus.yaml',
    description: 'Configuration of dingbus: connections, topics, and the files that hold the rest.',
  },
);

export type DingbusFile = z.infer<typeof dingbusSchema>;
