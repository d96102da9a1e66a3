/**
 * Results as Kafka records: the value in Avro or JSON, the envelope as CloudEvents headers in binary mode. A result
 * gives the same bytes and the same id each time, so that whoever reads it twice can tell.
 */
import type { RecordHeader } from '../model/record.ts';
import type { Result } from '../model/result.ts';
import { wireValue } from './wire-value.ts';

/** Writes values in the registry's wire format; see the registry room. */
export interface ValueWriter {
  write(value: unknown): Promise<Buffer>;
}

export interface ResultEncoderOptions {
  /** The consumer group; names this dingbus in `ce_source`. */
  readonly groupId: string;
  /** Avro through this writer, or null for JSON. */
  readonly avro: ValueWriter | null;
}

export interface EncodedRecord {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: readonly RecordHeader[];
}

/** Source: CloudEvents specification 1.0.2, "specversion". */
const specVersion = '1.0';

export class ResultEncoder {
  readonly #avro: ValueWriter | null;
  /** Those that are the same in every record. */
  readonly #fixed: Readonly<Record<'specVersion' | 'source' | 'contentType', RecordHeader>>;

  constructor(options: ResultEncoderOptions) {
    this.#avro = options.avro;
    this.#fixed = {
      specVersion: header('ce_specversion', specVersion),
      source: header('ce_source', `/dingbus/${encodeURIComponent(options.groupId)}`),
      contentType: header('content-type', this.#avro === null ? 'application/json' : 'application/avro'),
    };
  }

  /**
   * `recordKey`: base 64 of the event's key, which becomes the result's, so that results of one key stay in one
   * partition and in order; null when the event has none, then its id serves.
   *
   * Throws what the writer throws; JSON never fails.
   */
  async encode(result: Result, recordKey: string | null): Promise<EncodedRecord> {
    const value = wireValue(result);
    return {
      key: recordKey === null ? Buffer.from(result.event.id, 'utf8') : Buffer.from(recordKey, 'base64'),
      value: this.#avro === null ? Buffer.from(exactJson(value), 'utf8') : await this.#avro.write(value),
      headers: this.#headers(result),
    };
  }

  #headers(result: Result): RecordHeader[] {
    const headers = [
      this.#fixed.specVersion,
      header('ce_id', result.resultId),
      this.#fixed.source,
      header('ce_type', `dingbus.delivery.${result.status}`),
      header('ce_subject', result.notificationId),
      header('ce_time', new Date(result.occurredAt).toISOString()),
      this.#fixed.contentType,
    ];
    if (result.traceparent !== null) headers.push(header('traceparent', result.traceparent));
    return headers;
  }
}

/** JSON with whole numbers of any length as they are. */
function exactJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? engine.rawJSON(String(item)) : item,
  );
}

/** `JSON.rawJSON` is part of ECMAScript since 2025; the compiler's library does not know it yet. */
const engine = JSON as unknown as { rawJSON: (text: string) => unknown };

function header(key: string, text: string): RecordHeader {
  return { key, value: Buffer.from(text, 'utf8') };
}
