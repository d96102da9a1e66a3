import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/sensitive.ts';
import type { KafkaSasl, KafkaTls } from '../../src/kafka/connection.ts';
import { KafkaTest, range, Reader, until } from './kafka-setup.ts';
import { certificate, type SecureBroker, sessionMs, startSecureBroker, user } from './kafka-secure-broker.ts';

let broker: SecureBroker | null = null;
beforeAll(async () => {
  broker = await startSecureBroker();
}, 180_000);
afterAll(() => broker?.stop());

const tests: KafkaTest[] = [];
afterEach(async () => {
  for (const test of tests.splice(0)) await test.end();
});

function kafkaAt(brokers: string, ssl: KafkaTls | null, sasl: KafkaSasl | null): KafkaTest {
  const test = new KafkaTest(brokers, { ssl, sasl });
  tests.push(test);
  return test;
}

const trusting: KafkaTls = {
  ca: certificate('ca.pem'),
  cert: null,
  key: null,
  passphrase: null,
  servername: null,
  rejectUnauthorized: true,
};
const withCertificate: KafkaTls = {
  ...trusting,
  cert: certificate('client.pem'),
  key: new Secret(certificate('client.key')),
};
const password = new Secret(user.password);

/** Writes, reads and asks: everything that has a connection of its own. */
async function roundTrip(kafka: KafkaTest): Promise<void> {
  const topic = await kafka.topic(2, `secure-${randomUUID()}`);
  await kafka.fill(topic, 2, 20);
  const reader = new Reader();
  kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
  await until('the records', () => reader.records.length === 20);
  expect(reader.numbers()).toEqual(range(0, 20));
  expect((await kafka.admin.offsets(topic)).map(({ high }) => high)).toEqual([10n, 10n]);
  expect(await kafka.admin.fetchOne(topic, 1, 9n)).not.toBeNull();
}

/** A token that the broker's validator for development takes: signed by nobody. */
function token(lifetimeMs: number): Secret {
  const seconds = Math.floor(Date.now() / 1_000);
  const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url');
  const claims = { sub: user.username, iat: seconds, exp: seconds + lifetimeMs / 1_000 };
  return new Secret(`${part({ alg: 'none' })}.${part(claims)}.`);
}

describe('a broker behind TLS and SASL', () => {
  it('is reached with a certificate of our own', async (context) => {
    if (broker === null) return context.skip('no Java');
    await roundTrip(kafkaAt(broker.mutualTls, withCertificate, null));
  });

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('is reached with %s', async (mechanism) => {
    if (broker === null) return;
    await roundTrip(kafkaAt(broker.sasl, trusting, { mechanism, username: user.username, password }));
  });

  it('is reached with a token, fetched anew for each connection', async (context) => {
    if (broker === null) return context.skip('no Java');
    let asked = 0;
    const sasl: KafkaSasl = {
      mechanism: 'oauthbearer',
      token: () => {
        asked += 1;
        return Promise.resolve(token(3_600_000));
      },
    };
    await roundTrip(kafkaAt(broker.sasl, trusting, sasl));
    expect(asked).toBeGreaterThan(1);
  });

  it('stays reached when sessions end and have to be authenticated anew', async (context) => {
    if (broker === null) return context.skip('no Java');
    const sasl: KafkaSasl = { mechanism: 'scram-sha-512', username: user.username, password };
    const kafka = kafkaAt(broker.sasl, trusting, sasl);
    const topic = await kafka.topic(1);
    const reader = new Reader();
    kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
    let sent = 0;
    for (const end = Date.now() + sessionMs * 1.5; Date.now() < end;) {
      await kafka.fill(topic, 1, 1, sent);
      sent += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await until('everything', () => reader.numbers().length === sent);
    expect(reader.crashes).toEqual([]);
  });

  it('ends reading when it refuses the password for good, and no secret is told', async (context) => {
    if (broker === null) return context.skip('no Java');
    const wrong = new Secret('not-the-password');
    const kafka = kafkaAt(broker.sasl, trusting, {
      mechanism: 'scram-sha-256',
      username: user.username,
      password: wrong,
    });
    const reader = new Reader();
    kafka.source(reader, { topics: [{ topic: 'any', start: 'earliest' }] });
    await until('the crash', () => reader.crashes.length > 0);
    expect(reader.crashes).toHaveLength(1);
    expect(reader.crashes[0]).toMatchObject({ code: 'kafka_refused' });
    expect(String(reader.crashes[0]?.message)).not.toContain('not-the-password');
    await expect(kafka.admin.topicNames()).rejects.toMatchObject({ code: 'kafka_refused' });
    await expect(kafka.fill('any', 1, 1)).rejects.toMatchObject({ code: 'kafka_refused' });
  });

  it('is not trusted when an unknown authority vouches for it, and that is said', async (context) => {
    if (broker === null) return context.skip('no Java');
    const kafka = kafkaAt(broker.mutualTls, { ...withCertificate, ca: null }, null);
    const reader = new Reader();
    const source = kafka.source(reader, { topics: [{ topic: 'any', start: 'earliest' }] });
    await until('the reason', () => source.stats().lastError !== null);
    expect(source.stats().lastError).toMatch(/certificate/);
    expect(source.stats().connected).toBe(false);
  });
});
