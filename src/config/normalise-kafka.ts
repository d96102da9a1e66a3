import { Secret } from '../base/sensitive.ts';
import type { KafkaConfig, KafkaSasl, SslConfig } from './config.ts';
import type { SourceRef } from './source-ref.ts';
import type { LoaderContext } from './loader-context.ts';
import type { DingbusFile } from './schema-dingbus.ts';

export function kafkaOf(file: DingbusFile, ref: SourceRef, context: LoaderContext): KafkaConfig {
  const brokers = file.kafka.brokers.flatMap((text) => text.split(',')).map((text) => text.trim());
  for (const broker of brokers) {
    if (!/^(\[[0-9a-fA-F:.]+\]|[^\s:/]+):\d{1,5}$/.test(broker)) {
      const message = `a broker's address must be host:port, not ${JSON.stringify(broker.slice(0, 60))}`;
      context.report(ref, ['kafka', 'brokers'], 'wrong_value', message);
    }
  }
  return {
    brokers,
    groupId: file.kafka.group_id,
    clientId: file.kafka.client_id,
    sessionTimeoutMs: file.kafka.session_timeout,
    ssl: sslOf(file.kafka.ssl, ref, ['kafka', 'ssl'], context),
    sasl: saslOf(file.kafka.sasl, ref, context),
  };
}

export function sslOf(
  ssl: DingbusFile['kafka']['ssl'],
  ref: SourceRef,
  path: readonly string[],
  context: LoaderContext,
): SslConfig | null {
  if (ssl === undefined || ssl === false) return null;
  const none = {
    ca: null,
    cert: null,
    key: null,
    passphrase: null,
    serverName: null,
    rejectUnauthorized: true,
  };
  if (ssl === true) return none;
  if (!ssl.reject_unauthorized) {
    context.warn(
      ref,
      [...path, 'reject_unauthorized'],
      'insecure',
      'any certificate is accepted',
    );
  }
  if ((ssl.cert === undefined) !== (ssl.key === undefined)) {
    context.report(ref, path, 'conflict', 'cert and key belong together');
  }
  const pem = (key: 'ca' | 'cert' | 'key' | 'passphrase'): string | null => {
    const source = ssl[key];
    return source === undefined ? null : context.secretText(source, ref, [...path, key]);
  };
  const key = pem('key');
  const passphrase = pem('passphrase');
  return {
    ca: pem('ca'),
    cert: pem('cert'),
    key: key === null ? null : new Secret(key),
    passphrase: passphrase === null ? null : new Secret(passphrase),
    serverName: ssl.server_name ?? null,
    rejectUnauthorized: ssl.reject_unauthorized,
  };
}

function saslOf(
  sasl: DingbusFile['kafka']['sasl'],
  ref: SourceRef,
  context: LoaderContext,
): KafkaSasl | null {
  if (sasl === undefined) return null;
  const path = ['kafka', 'sasl'];
  if (sasl.mechanism === 'oauthbearer') {
    return {
      mechanism: 'oauthbearer',
      tokenUrl: sasl.token_url,
      clientId: sasl.client_id,
      clientSecret: context.secret(sasl.client_secret, ref, [...path, 'client_secret']),
      scope: sasl.scope ?? null,
    };
  }
  return {
    mechanism: sasl.mechanism,
    username: sasl.username,
    password: context.secret(sasl.password, ref, [...path, 'password']),
  };
}
