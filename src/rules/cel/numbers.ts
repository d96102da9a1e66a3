import { type Environment } from '@marcbachmann/cel-js';
import { Decimal } from '../../model/values.ts';

/**
 * Numbers as people expect them: whole numbers, doubles and exact decimals compare with each other, and calculate
 * with each other. Pure CEL would refuse `data.price * 2` for a price of 12.5 and take it for a price of 12.
 */
export function registerNumbers(env: Environment): void {
  env.registerOperator('int == double', (a: bigint, b: number) => Number(a) === b);
  for (const [left, right] of [
    ['int', 'double'],
    ['double', 'int'],
  ]) {
    env.registerOperator(`${left} + ${right}: double`, (a: Num, b: Num) => Number(a) + Number(b));
    env.registerOperator(`${left} - ${right}: double`, (a: Num, b: Num) => Number(a) - Number(b));
    env.registerOperator(`${left} * ${right}: double`, (a: Num, b: Num) => Number(a) * Number(b));
    env.registerOperator(`${left} / ${right}: double`, (a: Num, b: Num) => Number(a) / Number(b));
  }
  env.registerType('Decimal', { ctor: Decimal, fields: {} });
  registerDecimals(env);
}

type Num = bigint | number;

function registerDecimals(env: Environment): void {
  env.registerOperator('Decimal == Decimal', (a: Decimal, b: Decimal) => compare(a, b) === 0);
  for (const other of ['int', 'double']) {
    env.registerOperator(`Decimal == ${other}`, (a: Decimal, b: Num) => compare(a, b) === 0);
  }
  // `in` and the equality of lists cannot be told of it: they compare a decimal with decimals alone.
  for (const [left, right] of [
    ['Decimal', 'Decimal'],
    ['Decimal', 'int'],
    ['Decimal', 'double'],
    ['int', 'Decimal'],
    ['double', 'Decimal'],
  ]) {
    env.registerOperator(`${left} < ${right}`, (a: Any, b: Any) => compare(a, b) < 0);
    env.registerOperator(`${left} <= ${right}`, (a: Any, b: Any) => compare(a, b) <= 0);
    env.registerOperator(`${left} > ${right}`, (a: Any, b: Any) => compare(a, b) > 0);
    env.registerOperator(`${left} >= ${right}`, (a: Any, b: Any) => compare(a, b) >= 0);
    env.registerOperator(`${left} + ${right}: Decimal`, (a: Any, b: Any) => add(a, b, 1n));
    env.registerOperator(`${left} - ${right}: Decimal`, (a: Any, b: Any) => add(a, b, -1n));
    env.registerOperator(`${left} * ${right}: Decimal`, (a: Any, b: Any) => multiply(a, b));
    // A quotient has no end in general, so it is a double.
    env.registerOperator(`${left} / ${right}: double`, (a: Any, b: Any) => toNumber(a) / toNumber(b));
  }
  env.registerOperator('-Decimal: Decimal', (a: Decimal) => new Decimal(-a.unscaled, a.scale));
  env.registerFunction('string(Decimal): string', (a: Decimal) => a.toString());
  env.registerFunction('double(Decimal): double', (a: Decimal) => Number(a.toString()));
  env.registerFunction('int(Decimal): int', (a: Decimal) => whole(a));
}

type Any = Decimal | bigint | number;

/** A double is compared by value, which loses nothing that a double can hold. */
function compare(a: Any, b: Any): number {
  if (typeof a === 'number' || typeof b === 'number') {
    const [left, right] = [toNumber(a), toNumber(b)];
    return left < right ? -1 : left > right ? 1 : left === right ? 0 : Number.NaN;
  }
  const [left, right] = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function add(a: Any, b: Any, sign: bigint): Decimal {
  const [left, right, scale] = aligned(exact(a), exact(b));
  return new Decimal(left + sign * right, scale);
}

function multiply(a: Any, b: Any): Decimal {
  const [left, right] = [decimal(exact(a)), decimal(exact(b))];
  return new Decimal(left.unscaled * right.unscaled, left.scale + right.scale);
}

function aligned(a: Decimal | bigint, b: Decimal | bigint): readonly [bigint, bigint, number] {
  const [left, right] = [decimal(a), decimal(b)];
  const scale = Math.max(left.scale, right.scale);
  const grow = (value: Decimal): bigint => value.unscaled * 10n ** BigInt(scale - value.scale);
  return [grow(left), grow(right), scale];
}

/** Truncated, as CEL's own conversion of doubles is. */
function whole(value: Decimal): bigint {
  if (value.scale <= 0) return value.unscaled * 10n ** BigInt(-value.scale);
  return value.unscaled / 10n ** BigInt(value.scale);
}

function decimal(value: Decimal | bigint): Decimal {
  return typeof value === 'bigint' ? new Decimal(value, 0) : value;
}

/** A double stands for the decimal that it is written as: 1.1 is not 1.100000000000000088… . */
function exact(value: Any): Decimal | bigint {
  if (typeof value !== 'number') return value;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  if (whole === '') throw new RangeError(`a decimal cannot be calculated with ${value}`);
  return new Decimal(BigInt(`${sign}${whole}${fraction}`), fraction.length - Number(exponent));
}

function toNumber(value: Any): number {
  return Number(String(value));
}
