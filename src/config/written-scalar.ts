/** A scalar that is more than its plain value. It is an object and yet no mapping. */
export abstract class WrittenScalar {
  abstract readonly plain: string | number | bigint;
}

/**
 * A number that would look different if it were written from its value, such as 0142, 0x1F, +77 or 1.10. Where a text
 * is wanted, its source counts: the value may name somebody else.
 */
export class WrittenNumber extends WrittenScalar {
  readonly value: number | bigint;
  readonly source: string;

  constructor(value: number | bigint, source: string) {
    super();
    this.value = value;
    this.source = source;
  }

  get plain(): number | bigint {
    return this.value;
  }
}
