/** An exact decimal, as Avro's logical type carries it: `unscaled × 10^-scale`. Prints as plain decimal text. */
export class Decimal {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  toString(): string {
    if (this.scale <= 0) return String(this.unscaled * 10n ** BigInt(-this.scale));
    const sign = this.unscaled < 0n ? '-' : '';
    const digits = String(this.unscaled < 0n ? -this.unscaled : this.unscaled).padStart(this.scale + 1, '0');
    return `${sign}${digits.slice(0, -this.scale)}.${digits.slice(-this.scale)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** An instant finer than a millisecond: a `Date` that keeps its nanoseconds below the millisecond. */
export class Timestamp extends Date {
  /** 0 … 999,999: what comes after the milliseconds. */
  readonly nanosBelowMs: number;

  constructor(ms: number, nanosBelowMs: number) {
    super(ms);
    this.nanosBelowMs = nanosBelowMs;
  }
}
