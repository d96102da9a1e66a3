import { WrittenScalar } from './written-scalar.ts';

/**
 * A scalar whose text came (in part) from environment variables. It stays apart from text that was written out, so
 * that a number may be read from it where a number is wanted, and so that its value never shows in a message.
 */
export class EnvText extends WrittenScalar {
  readonly text: string;
  /** The variables that it was made of. */
  readonly names: readonly string[];

  constructor(text: string, names: readonly string[]) {
    super();
    this.text = text;
    this.names = names;
  }

  get plain(): string {
    return this.text;
  }
}

/** The tree with every `EnvText` replaced by its text and every `WrittenNumber` by its value; for parts of the configuration that are free-form. */
export function plainValue(value: unknown): unknown {
  if (value instanceof WrittenScalar) return value.plain;
  if (Array.isArray(value)) return value.map(plainValue);
  if (value !== null && typeof value === 'object' && !(value instanceof Date)) {
    const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [key, inner] of Object.entries(value)) copy[key] = plainValue(inner);
    return copy;
  }
  return value;
}
