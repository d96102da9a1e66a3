import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/base/logger.ts';
import { kafkajs } from '../../../src/kafka/kafkajs.ts';
import { bridgeLog, connectionGivenUp } from '../../../src/kafka/log.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

function setUp(level = 'warn') {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  const clock = new FakeClock();
  const write = bridgeLog(createLogger({ level, destination }), clock)(kafkajs.logLevel.WARN);
  const say = (message: string, fields: Record<string, unknown> = {}, at = kafkajs.logLevel.ERROR): void => {
    write({
      namespace: 'Connection',
      level: at,
      label: 'ERROR',
      log: { timestamp: '', logger: 'kafkajs', message, ...fields },
    });
  };
  return { lines, clock, say };
}

describe("the library's log", () => {
  it('becomes warnings with a constant message, since one failed attempt needs nobody', () => {
    const { lines, say } = setUp();
    say('Connection error: refused', { broker: 'b:9092', retryCount: 2, error: 'ECONNREFUSED' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'warn',
      msg: 'Kafka client',
      detail: 'Connection error: refused',
      broker: 'b:9092',
      retryCount: 2,
      error: 'ECONNREFUSED',
    });
  });

  it('passes on nothing that may hold records or configuration', () => {
    const { lines, say } = setUp();
    say('Response failed', {
      payload: { data: 'personal' },
      sasl: { password: 'secret' },
      error: { config: 'secret' },
    });
    expect(JSON.stringify(lines)).not.toMatch(/personal|secret/);
  });

  it('says the same thing once a minute, however often it is repeated during an outage', async () => {
    const { lines, say, clock } = setUp();
    for (let attempt = 0; attempt < 100; attempt++) {
      say('Connection error: refused');
      await clock.advance(100);
    }
    expect(lines).toHaveLength(1);
    await clock.advance(60_000);
    say('Connection error: refused');
    expect(lines).toHaveLength(2);
  });

  it('does not complain about connections that we cut ourselves, or about what is no error', () => {
    const { lines, say } = setUp();
    say(`Connection error: ${connectionGivenUp}`);
    say('The group is rebalancing, re-joining', {}, kafkajs.logLevel.WARN);
    expect(lines).toHaveLength(0);
  });
});
