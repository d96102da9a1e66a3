import { afterEach, expect, it } from 'vitest';
import { clientCredentials } from '../../../src/app/oauth-token.ts';
import { Secret } from '../../../src/base/sensitive.ts';
import { kafkaError } from '../../../src/kafka/failure.ts';
import { noon } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { answerJson, RegistryServer } from '../../fakes/registry-server.ts';

/** The HTTP server that answers as a test tells it serves as a token endpoint, too. */
let server: RegistryServer | undefined;
afterEach(() => server?.stop());

const credentials = (url: string) => ({
  mechanism: 'oauthbearer' as const,
  tokenUrl: `${url}/token`,
  clientId: 'dingbus',
  clientSecret: new Secret('s3cret&='),
  scope: 'kafka',
});

it('a token is fetched with the client credentials, kept until shortly before it ends, and then fetched anew', async () => {
  let issued = 0;
  server = await RegistryServer.start((_request, response) => {
    issued += 1;
    answerJson(response, 200, { access_token: `token-${issued}`, expires_in: 600 });
  });
  const clock = new FakeClock(noon);
  const token = clientCredentials(credentials(server.url), clock);
  expect((await token()).reveal()).toBe('token-1');
  const form = new URLSearchParams(server.requests[0]?.body);
  expect(Object.fromEntries(form)).toEqual({
    grant_type: 'client_credentials',
    client_id: 'dingbus',
    client_secret: 's3cret&=',
    scope: 'kafka',
  });
  clock.set(noon + 539_000);
  expect((await token()).reveal()).toBe('token-1');
  clock.set(noon + 541_000);
  expect((await token()).reveal()).toBe('token-2');
});

it('an endpoint that refuses or is away is no reason to give Kafka up', async () => {
  server = await RegistryServer.start((_request, response) => {
    answerJson(response, 401, { error: 'invalid_client' });
  });
  const token = clientCredentials(credentials(server.url), new FakeClock(noon));
  const refused: unknown = await token().catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ code: 'oauth_token', retry: 'backoff' });
  await server.stop();
  const away: unknown = await token().catch((thrown: unknown) => thrown);
  expect(away).toMatchObject({ code: 'oauth_token', message: expect.stringContaining('ECONNREFUSED') });
  for (const error of [refused, away]) {
    expect(kafkaError(error, 'connecting').code).toBe('kafka_unavailable');
    expect(String(error)).not.toContain('s3cret');
  }
});
