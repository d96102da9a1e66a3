import { parseExactJsonBytes } from '../base/exact-json.ts';
import { isBase64 } from './base64.ts';
import { isJsonType, isPlainText, mediaTypeOf } from './content-type.ts';
import { parseRfc3339 } from './rfc3339.ts';

/** What an envelope says of its event; null = it does not say. */
export interface Attributes {
  readonly source: string | null;
  readonly id: string | null;
  readonly type: string | null;
  readonly subject: string | null;
  readonly time: Date | null;
  readonly traceparent: string | null;
  /** Extension attributes of a structured event as `ce_…`, the names that binary mode gives them. */
  readonly extensions: Readonly<Record<string, string>> | null;
}

export interface Enveloped {
  readonly attributes: Attributes;
  readonly data: unknown;
}

export type EnvelopeResult =
  | { readonly ok: true; readonly events: readonly Enveloped[] }
  | { readonly ok: false; readonly message: string };

/** Source: CloudEvents JSON Event Format 1.0.2, 3 "Envelope" and 4 "JSON Batch Format". */
const structuredType = 'application/cloudevents+json';
const batchType = 'application/cloudevents-batch+json';

/** Which structured mode a content type names; null for none. Other event formats than JSON are not readable here. */
export function structuredMode(contentType: string | null): 'single' | 'batch' | 'unreadable' | null {
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === null || !mediaType.startsWith('application/cloudevents')) return null;
  if (mediaType === structuredType || mediaType === 'application/cloudevents') return 'single';
  return mediaType === batchType ? 'batch' : 'unreadable';
}

/** Attributes of binary mode, from the `ce_…` headers. */
export function binaryAttributes(headers: ReadonlyMap<string, string>): Attributes {
  const text = (name: string): string | null => nonEmpty(headers.get(name));
  return {
    source: text('source'),
    id: text('id'),
    type: text('type'),
    subject: text('subject'),
    time: parseRfc3339(headers.get('time') ?? ''),
    traceparent: text('traceparent'),
    extensions: null,
  };
}

/** Reads a JSON document that is one CloudEvent (`single`) or an array of them (`batch`). All or none is readable. */
export function readStructured(document: unknown, mode: 'single' | 'batch'): EnvelopeResult {
  if (mode === 'single') return readAll([document], () => 'the value');
  if (!Array.isArray(document)) return { ok: false, message: 'a batch of CloudEvents is an array' };
  return readAll(document, (index) => `event ${index} of the batch`);
}

function readAll(documents: readonly unknown[], nameOf: (index: number) => string): EnvelopeResult {
  const events: Enveloped[] = [];
  for (const [index, document] of documents.entries()) {
    if (typeof document !== 'object' || document === null || Array.isArray(document)) {
      return { ok: false, message: `${nameOf(index)} is no CloudEvent: not a JSON object` };
    }
    const event = readOne(document as Readonly<Record<string, unknown>>);
    if (typeof event === 'string')
      return { ok: false, message: `${nameOf(index)} is no CloudEvent: ${event}` };
    events.push(event);
  }
  return { ok: true, events };
}

/** Names that are no extension attributes. */
const known = new Set(['specversion', 'id', 'source', 'type', 'subject', 'time', 'data', 'data_base64']);

function readOne(document: Readonly<Record<string, unknown>>): Enveloped | string {
  const own = (name: string): unknown => (Object.hasOwn(document, name) ? document[name] : undefined);
  if (typeof own('specversion') !== 'string') return 'no "specversion"';
  for (const name of ['id', 'source', 'type', 'subject', 'time', 'datacontenttype']) {
    const value = own(name);
    if (value !== undefined && value !== null && typeof value !== 'string') return `"${name}" is no text`;
  }
  const content = readContent(own('data'), own('data_base64'), own('datacontenttype'));
  if (!content.ok) return content.message;
  return {
    attributes: {
      source: nonEmpty(own('source')),
      id: nonEmpty(own('id')),
      type: nonEmpty(own('type')),
      subject: nonEmpty(own('subject')),
      time: parseRfc3339(nonEmpty(own('time')) ?? ''),
      traceparent: nonEmpty(own('traceparent')),
      extensions: extensionsOf(document),
    },
    data: content.value,
  };
}

type Content =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/**
 * `data` is taken as it stands: a JSON value, a string included. Bytes in `data_base64` are read as JSON or text
 * when `datacontenttype` names one, else they stay bytes.
 */
function readContent(data: unknown, base64: unknown, contentType: unknown): Content {
  if (base64 === undefined || base64 === null) return { ok: true, value: data ?? null };
  if (data !== undefined && data !== null) return { ok: false, message: 'both "data" and "data_base64"' };
  if (typeof base64 !== 'string' || !isBase64(base64))
    return { ok: false, message: '"data_base64" is no base 64' };
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  const mediaType = typeof contentType === 'string' ? mediaTypeOf(contentType) : null;
  if (mediaType === null) return { ok: true, value: bytes };
  if (isPlainText(mediaType)) return { ok: true, value: Buffer.from(bytes).toString('utf8') };
  return isJsonType(mediaType) ? parseExactJsonBytes(bytes) : { ok: true, value: bytes };
}

function extensionsOf(document: Readonly<Record<string, unknown>>): Record<string, string> | null {
  let extensions: Record<string, string> | null = null;
  for (const [name, value] of Object.entries(document)) {
    if (known.has(name)) continue;
    if (typeof value !== 'string' && typeof value !== 'bigint' && typeof value !== 'boolean') continue;
    extensions ??= Object.create(null) as Record<string, string>;
    extensions[`ce_${name}`] = String(value);
  }
  return extensions;
}

function nonEmpty(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
