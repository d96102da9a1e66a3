import { DingbusError } from '../base/errors.ts';

/**
 * The registry cannot be asked now: unreachable, too slow, a server fault, refused credentials, or something else
 * answers at its address. Nothing is known about the schema, so the record that needs it has to wait.
 */
export class RegistryUnavailableError extends DingbusError {
  readonly code = 'registry_unavailable';

  constructor(message: string, cause?: unknown) {
    super(message, { retry: 'backoff', cause });
  }
}

/** The registry, or the Avro library, will never take a schema of ours. A person must act. */
export class SchemaRejectedError extends DingbusError {
  readonly code = 'schema_rejected';
}
