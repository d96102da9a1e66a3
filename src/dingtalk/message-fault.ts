export type FaultCode =
  | 'missing'
  | 'empty'
  | 'wrong_type'
  | 'too_long'
  | 'too_many'
  | 'bad_format'
  | 'unknown_field'
  | 'unknown_type'
  | 'conflict';

/** One thing wrong with a message or its audience. */
export interface MessageFault {
  /** Where: `oa.body.form[2].key`, `msg` for the whole message, `userid_list` for the audience. */
  readonly path: string;
  readonly code: FaultCode;
  /** For people, to be read after the path. */
  readonly message: string;
  /** How long it is and how long it may be, where that is the fault. */
  readonly length: number | null;
  readonly limit: number | null;
}

export interface CheckOptions {
  /**
   * Which of two readings holds where sources disagree. `strict` (default) takes the smaller limit; `loose` the
   * larger one, and only warns about limits that the documentation states for other kinds of messages.
   */
  readonly readings?: 'strict' | 'loose';
}

export interface Problems {
  readonly faults: MessageFault[];
  readonly warnings: MessageFault[];
}

export function fault(
  path: string,
  code: FaultCode,
  message: string,
  length: number | null = null,
  limit: number | null = null,
): MessageFault {
  return { path, code, message, length, limit };
}
