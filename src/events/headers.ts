import type { RawRecord } from '../model/record.ts';

/**
 * A record's headers as text. CloudEvents' names (`ce_…`), `content-type` and `traceparent` are found whatever their
 * case; the values are UTF-8. Of repeated headers the last counts, and one without a value is as good as absent.
 */
export class HeaderTexts {
  /** Names as they were written; without a prototype, so that no name means anything but a header. */
  readonly all: Record<string, string> = Object.create(null) as Record<string, string>;
  readonly contentType: string | null;
  readonly traceparent: string | null;
  /** CloudEvents attributes in binary mode, by their lower-case names without `ce_`; null without any. */
  readonly attributes: ReadonlyMap<string, string> | null;

  constructor(record: RawRecord) {
    let contentType: string | null = null;
    let traceparent = '';
    let attributes: Map<string, string> | null = null;
    for (const { key, value } of record.headers) {
      if (value === null) continue;
      const text = value.toString('utf8');
      this.all[key] = text;
      if (isContentType(key)) contentType = text;
      else if (isTraceparent(key)) traceparent = text;
      else if (isAttribute(key)) (attributes ??= new Map()).set(key.slice(3).toLowerCase(), text);
    }
    this.contentType = contentType;
    this.attributes = attributes;
    if (traceparent === '') traceparent = attributes?.get('traceparent') ?? '';
    this.traceparent = traceparent === '' ? null : traceparent;
  }
}

/** The text of one header, found without turning all of them into text; null when absent. */
export function headerText(record: RawRecord, matches: (key: string) => boolean): string | null {
  for (let index = record.headers.length - 1; index >= 0; index--) {
    const header = record.headers[index];
    if (header !== undefined && header.value !== null && matches(header.key))
      return header.value.toString('utf8');
  }
  return null;
}

export function isContentType(key: string): boolean {
  return key.length === 12 && key.toLowerCase() === 'content-type';
}

function isTraceparent(key: string): boolean {
  return key.length === 11 && key.toLowerCase() === 'traceparent';
}

/** Source: CloudEvents Kafka Protocol Binding 1.0.2, 3.2 "Binary Content Mode". */
export function isAttribute(key: string): boolean {
  return key.length > 3 && key.charCodeAt(2) === 0x5f && key.slice(0, 2).toLowerCase() === 'ce';
}

export function isTypeAttribute(key: string): boolean {
  return key.length === 7 && key.toLowerCase() === 'ce_type';
}
