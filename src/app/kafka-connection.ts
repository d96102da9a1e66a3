import type { Clock } from '../base/clock.ts';
import type { KafkaConfig, KafkaSasl as SaslConfig } from '../config/config.ts';
import type { KafkaConnection, KafkaSasl } from '../kafka/connection.ts';
import { clientCredentials } from './oauth-token.ts';

/** What the Kafka room needs of the configuration. */
export function kafkaConnection(config: KafkaConfig, clock: Clock): KafkaConnection {
  return {
    brokers: config.brokers,
    clientId: config.clientId,
    ssl:
      config.ssl === null
        ? null
        : {
            ca: config.ssl.ca,
            cert: config.ssl.cert,
            key: config.ssl.key,
            passphrase: config.ssl.passphrase,
            servername: config.ssl.serverName,
            rejectUnauthorized: config.ssl.rejectUnauthorized,
          },
    sasl: config.sasl === null ? null : sasl(config.sasl, clock),
  };
}

function sasl(config: SaslConfig, clock: Clock): KafkaSasl {
  if (config.mechanism !== 'oauthbearer') return config;
  return { mechanism: 'oauthbearer', token: clientCredentials(config, clock) };
}
