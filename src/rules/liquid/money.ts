import { FilterFault } from './filter-fault.ts';

export interface MoneyOptions {
  /** ISO 4217 code. */
  readonly currency: string;
  /** `minor`: the value counts cents (or what the currency has instead); `major`: it counts the currency itself. */
  readonly unit: string;
  readonly locale: string;
}

/** `128000` as `¥1,280.00`: exact for whole numbers of any size and for decimals. */
export function formatMoney(value: unknown, { currency, unit, locale }: MoneyOptions): string {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  if (!/^-?\d{1,40}(\.\d{1,20})?$/.test(text)) throw new FilterFault('money: the value is not an amount');
  const { format, digits } = formatterOf(currency, locale);
  if (unit === 'major') return format.format(text as Intl.StringNumericLiteral);
  if (unit !== 'minor') throw new FilterFault(`money: the unit is minor or major, not ${unit.slice(0, 20)}`);
  if (text.includes('.')) {
    throw new FilterFault("money: the value has a fraction; write money: currency, 'major'");
  }
  return format.format(shifted(text, digits) as Intl.StringNumericLiteral);
}

function shifted(whole: string, digits: number): string {
  if (digits === 0) return whole;
  const sign = whole.startsWith('-') ? '-' : '';
  const figures = whole.slice(sign.length).padStart(digits + 1, '0');
  return `${sign}${figures.slice(0, -digits)}.${figures.slice(-digits)}`;
}

/** Making a format is slow, and so is asking it how many decimals it shows. */
interface Formatter {
  readonly format: Intl.NumberFormat;
  readonly digits: number;
}

const formatters = new Map<string, Formatter>();
const maxFormatters = 200;

function formatterOf(currency: string, locale: string): Formatter {
  const key = `${locale}/${currency}`;
  const known = formatters.get(key);
  if (known !== undefined) return known;
  if (!/^[A-Za-z]{3}$/.test(currency)) {
    throw new FilterFault('money: the currency is not a code of three letters');
  }
  try {
    const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
    const fresh = { format, digits: format.resolvedOptions().maximumFractionDigits ?? 2 };
    // Currencies may come from events, so the store is bounded.
    if (formatters.size >= maxFormatters) formatters.clear();
    formatters.set(key, fresh);
    return fresh;
  } catch (error) {
    throw new FilterFault(`money: ${error instanceof Error ? error.message : 'not possible'}`);
  }
}
