import { DingbusError } from '../../src/base/errors.ts';

/** The local servers could not be provided; the message says what the user can do about it. */
export class StackError extends DingbusError {
  readonly code = 'local_stack';
}
