import { describe, expect, it } from 'vitest';
import { KafkaRefusedError, KafkaUnavailableError } from '../../../src/kafka/errors.ts';
import { isGenerationOver, kafkaError, protocolError, rejection } from '../../../src/kafka/failure.ts';

/** An error as the library makes them: a name, perhaps a protocol type, perhaps one inside the other. */
function libraryError(name: string, more: { type?: string; cause?: unknown } = {}): Error {
  return Object.assign(new Error(`${name} happened`), { name, ...more });
}

describe('errors of the library', () => {
  it('are a reason to go on trying when a broker is merely away, however deep that is wrapped', () => {
    const away = libraryError('KafkaJSNumberOfRetriesExceeded', {
      cause: libraryError('KafkaJSConnectionError'),
    });
    const error = kafkaError(away, 'reading');
    expect(error).toBeInstanceOf(KafkaUnavailableError);
    expect(error.retry).toBe('backoff');
  });

  it('are a reason to go on trying when they are unknown: giving up loses events, trying does not', () => {
    expect(kafkaError(new Error('never seen'), 'reading')).toBeInstanceOf(KafkaUnavailableError);
    expect(kafkaError('a text', 'reading')).toBeInstanceOf(KafkaUnavailableError);
  });

  it.each(['GROUP_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED', 'SASL_AUTHENTICATION_FAILED'])(
    'need a person when the broker says %s',
    (type) => {
      const error = kafkaError(
        libraryError('KafkaJSNonRetriableError', { cause: libraryError('x', { type }) }),
        'reading',
      );
      expect(error).toBeInstanceOf(KafkaRefusedError);
      expect(error.retry).toBe('no');
    },
  );

  it('need a person when the program itself is at fault', () => {
    const error = kafkaError(
      libraryError('KafkaJSNonRetriableError', { cause: new TypeError('x is not a function') }),
      'reading',
    );
    expect(error).toBeInstanceOf(KafkaRefusedError);
  });

  it('name records that will never be stored', () => {
    expect(rejection(libraryError('KafkaJSProtocolError', { type: 'MESSAGE_TOO_LARGE' }))).toBe('too_large');
    expect(rejection(libraryError('KafkaJSProtocolError', { type: 'INVALID_RECORD' }))).toBe('invalid');
    expect(rejection(libraryError('KafkaJSProtocolError', { type: 'NOT_ENOUGH_REPLICAS' }))).toBeNull();
    expect(rejection(new Error('else'))).toBeNull();
  });

  it('tell when commits of this generation are over', () => {
    expect(isGenerationOver(libraryError('KafkaJSProtocolError', { type: 'ILLEGAL_GENERATION' }))).toBe(true);
    expect(
      isGenerationOver(libraryError('KafkaJSProtocolError', { type: 'NOT_COORDINATOR_FOR_GROUP' })),
    ).toBe(false);
  });

  it('may go in circles without ours doing so', () => {
    const one = libraryError('a');
    Object.assign(one, { cause: libraryError('b', { cause: one }) });
    expect(protocolError(one)).toBeNull();
  });
});
