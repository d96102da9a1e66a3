import type { Limit } from './limits.ts';
import type { CheckOptions, MessageFault } from './message-fault.ts';

interface FieldBase {
  readonly name: string;
  readonly required: boolean;
}

export interface TextField extends FieldBase {
  readonly kind: 'text';
  readonly max: Limit | null;
  /** The limit under `readings: loose`; null = none. */
  readonly looseMax: Limit | null;
  readonly advice: Limit | null;
  /** Says what is wrong with the text, or null. */
  readonly format: ((value: string, options: CheckOptions) => string | null) | null;
  /** Like `format`, for advice. */
  readonly formatAdvice: ((value: string) => string | null) | null;
  /** A whole number is taken for its text. */
  readonly numeric: boolean;
}

/** A media id, or `{ upload: path }`. */
export interface MediaField extends FieldBase {
  readonly kind: 'media';
}

export interface ObjectField extends FieldBase {
  readonly kind: 'object';
  readonly fields: readonly Field[];
}

export interface ListField extends FieldBase {
  readonly kind: 'list';
  readonly item: readonly Field[];
  /** Length of the list's JSON text. */
  readonly maxText: Limit | null;
  readonly adviceItems: Limit | null;
}

export type Field = TextField | MediaField | ObjectField | ListField;

/** The fields of one message type and what must hold between them. */
export interface FieldTable {
  readonly fields: readonly Field[];
  readonly rule: ((content: Content, path: string) => MessageFault[]) | null;
}

export type Content = Readonly<Record<string, unknown>>;
