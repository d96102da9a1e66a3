import type { Clock } from '../base/clock.ts';
import { DingbusError, messageOf } from '../base/errors.ts';
import { Secret } from '../base/sensitive.ts';
import type { KafkaSasl } from '../config/config.ts';

/** The token endpoint refused us or cannot be reached; the connection is tried again later. */
class OauthTokenError extends DingbusError {
  readonly code = 'oauth_token';
}

/** A token is renewed this long before it ends, so that no connection is opened with a dying one. */
const marginMs = 60_000;
const tokenTimeoutMs = 10_000;

/** OAuth 2 client credentials (RFC 6749 §4.4), one token at a time, kept until shortly before it ends. */
export function clientCredentials(
  config: Extract<KafkaSasl, { mechanism: 'oauthbearer' }>,
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
    const answer = await ask(config.tokenUrl, form);
    const lifeMs = 'expires_in' in answer ? Number(answer.expires_in) * 1000 : 0;
    current = { token: new Secret(String(answer.access_token)), until: clock.now() + lifeMs - marginMs };
    return current.token;
  };
}

async function ask(
  url: string,
  form: URLSearchParams,
): Promise<{ access_token: unknown; expires_in?: unknown }> {
  let status: number;
  let answer: unknown;
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: form,
      signal: AbortSignal.timeout(tokenTimeoutMs),
    });
    status = response.status;
    answer = response.ok ? await response.json() : null;
  } catch (thrown) {
    // Without the cause: `fetch` throws a TypeError, which anywhere else would be a fault of the program.
    const why = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
    throw new OauthTokenError(`the token endpoint gives no answer: ${messageOf(why)}`, { retry: 'backoff' });
  }
  if (typeof answer === 'object' && answer !== null && 'access_token' in answer) return answer;
  throw new OauthTokenError(`the token endpoint answered HTTP ${status} without a token`, {
    retry: 'backoff',
  });
}
