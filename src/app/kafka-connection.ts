import type { Clock } from '../base/clock.ts';
import { DingbusError } from '../base/errors.ts';
import { Secret } from '../base/sensitive.ts';
import type { KafkaConfig, KafkaSasl as SaslConfig } from '../config/config.ts';
import type { KafkaConnection, KafkaSasl } from '../kafka/connection.ts';

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

/** The token endpoint refused us or cannot be reached; the connection is tried again later. */
class OauthTokenError extends DingbusError {
  readonly code = 'oauth_token';
}

/** A token is renewed this long before it ends, so that no connection is opened with a dying one. */
const marginMs = 60_000;
const tokenTimeoutMs = 10_000;

/** OAuth 2 client credentials (RFC 6749 §4.4), one token at a time, kept until shortly before it ends. */
function clientCredentials(
  config: Extract<SaslConfig, { mechanism: 'oauthbearer' }>,
  clock: Clock,
): () => Promise<Secret> {
  let current: { token: Secret; until: number } | null = null;
  return async () => {
    if (current !== null && clock.now() < current.until) return current.token;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: config.clientId,
      client_secret: config.clientSecret.reveal(),
    });
    if (config.scope !== null) form.set('scope', config.scope);
    const response = await fetch(config.tokenUrl, {
      method: 'POST',
      body: form,
      signal: AbortSignal.timeout(tokenTimeoutMs),
    });
    const answer: unknown = response.ok ? await response.json() : null;
    if (typeof answer !== 'object' || answer === null || !('access_token' in answer)) {
      throw new OauthTokenError(`the token endpoint answered HTTP ${response.status} without a token`, {
        retry: 'backoff',
      });
    }
    const lifeMs = 'expires_in' in answer ? Number(answer.expires_in) * 1000 : 0;
    current = { token: new Secret(String(answer.access_token)), until: clock.now() + lifeMs - marginMs };
    return current.token;
  };
}
