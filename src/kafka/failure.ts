import { messageOf, type DingbusError } from '../base/errors.ts';
import { KafkaRefusedError, KafkaUnavailableError } from './errors.ts';

/**
 * Error names of the protocol after which trying again changes nothing until a person acts.
 * Source: https://kafka.apache.org/protocol#protocol_error_codes
 */
const refusals = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'SECURITY_DISABLED',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INCONSISTENT_GROUP_PROTOCOL',
  'UNSUPPORTED_VERSION',
]);
/** Names of the library's (and the language's) errors that mean the same. */
const refusalNames = new Set([
  'KafkaJSSASLAuthenticationError',
  'KafkaJSServerDoesNotSupportApiKey',
  'KafkaJSNotImplemented',
  'KafkaJSInvariantViolation',
  'TypeError',
  'ReferenceError',
  'SyntaxError',
  'RangeError',
]);

/** Error names of the protocol for records that no retry will make acceptable. */
const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
const invalidRecord = new Set(['INVALID_RECORD', 'INVALID_TIMESTAMP']);

/** The library wraps errors into errors; all of the chain, outermost first. */
function* chain(error: unknown): Generator<Record<string, unknown>> {
  const seen = new Set<unknown>();
  for (let at = error; typeof at === 'object' && at !== null && !seen.has(at);) {
    seen.add(at);
    yield at as Record<string, unknown>;
    at = (at as { cause?: unknown }).cause;
  }
}

/** The protocol's name for what went wrong, such as `NOT_COORDINATOR_FOR_GROUP`; null when it is no protocol error. */
export function protocolError(error: unknown): string | null {
  for (const one of chain(error)) if (typeof one['type'] === 'string') return one['type'];
  return null;
}

/** Sorts an error of the library into ours: refused for good, or unavailable for now. */
export function kafkaError(error: unknown, doing: string): DingbusError {
  const text = `${doing}: ${messageOf(error)}`;
  for (const one of chain(error)) {
    if (refusals.has(String(one['type'])) || refusalNames.has(String(one['name']))) {
      return new KafkaRefusedError(text, { cause: error });
    }
  }
  return new KafkaUnavailableError(text, { retry: 'backoff', cause: error });
}

/** Why a batch of records can never be stored; null when the error is another one. */
export function rejection(error: unknown): 'too_large' | 'invalid' | null {
  const type = protocolError(error);
  if (type === null) return null;
  if (tooLarge.has(type)) return 'too_large';
  return invalidRecord.has(type) ? 'invalid' : null;
}

/** The coordinator says that this generation of the group is over: whatever is committed for it is refused. */
export function isGenerationOver(error: unknown): boolean {
  const type = protocolError(error);
  return (
    type === 'ILLEGAL_GENERATION' ||
    type === 'UNKNOWN_MEMBER_ID' ||
    type === 'REBALANCE_IN_PROGRESS' ||
    type === 'FENCED_INSTANCE_ID'
  );
}
