import { inspect } from 'node:util';

/**
 * A value that must not reach a log, a metric, a page or an error text. Whatever turns it into text by accident
 * (template strings, JSON, `inspect`, pino) gets the masked form; only `reveal()` gives the value, and a search
 * for `reveal(` finds every place that uses one.
 */
export class Sensitive {
  readonly #value: string;
  readonly #masked: string;

  constructor(value: string, masked: string) {
    this.#value = value;
    this.#masked = masked;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return this.#masked;
  }

  toJSON(): string {
    return this.#masked;
  }

  [inspect.custom](): string {
    return this.#masked;
  }
}

/** A password, key or token: nothing of it is ever shown. */
export class Secret extends Sensitive {
  constructor(value: string) {
    super(value, '[secret]');
  }
}

/** A mobile number: shown as its first three and last two digits, as in `138******01`. */
export class Mobile extends Sensitive {
  constructor(value: string) {
    super(value, maskMobile(value));
  }
}

/** `13800001201` → `138******01`; anything of six characters or fewer becomes stars alone. */
export function maskMobile(value: string): string {
  if (value.length <= 6) return '*'.repeat(value.length);
  return value.slice(0, 3) + '*'.repeat(value.length - 5) + value.slice(-2);
}
