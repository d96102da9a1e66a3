import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { UploadedFile } from '../api/upload.ts';

/** Form fields are small; more than this in all is not read as one. Bytes. */
const fieldLimit = 65_536;
/** Files up to this size are kept to be shown. Bytes. */
const contentLimit = 1_048_576;

export interface MultipartForm {
  readonly values: Readonly<Record<string, unknown>>;
  /** What was wrong with the form, in English; null when nothing was. */
  readonly fault: string | null;
}

/**
 * Reads a multipart form as it streams by: files are counted and hashed, never gathered, so that memory stays the same
 * for any size. The value of a file field is an `UploadedFile`.
 */
export async function readMultipart(stream: Readable, contentType: string): Promise<MultipartForm> {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined) {
    stream.resume();
    await finished(stream);
    return { values: {}, fault: 'the multipart form names no boundary' };
  }
  const reader = new MultipartReader(name);
  for await (const chunk of stream) reader.take(chunk as Buffer);
  return reader.finish();
}

class MultipartReader {
  readonly #delimiter: Buffer;
  readonly #values: Record<string, unknown> = {};
  #rest: Buffer;
  #state: 'before' | 'head' | 'body' | 'after' = 'before';
  #part: Part | null = null;
  #fault: string | null = null;

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    // The first boundary has no line before it; one is put there, so that all look alike.
    this.#rest = Buffer.from('\r\n', 'latin1');
  }

  take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#step());
  }

  finish(): MultipartForm {
    const cut = this.#state === 'after' ? null : 'the multipart form ends before its last boundary';
    return { values: this.#values, fault: this.#fault ?? cut };
  }

  /** Does what can be done with the bytes at hand; false when more are needed. */
  #step(): boolean {
    if (this.#state === 'after') {
      this.#rest = Buffer.alloc(0);
      return false;
    }
    return this.#state === 'head' ? this.#readHead() : this.#readBody();
  }

  #readBody(): boolean {
    const end = this.#rest.indexOf(this.#delimiter);
    if (end < 0) {
      // The tail may be the beginning of a boundary.
      const safe = this.#rest.length - this.#delimiter.length;
      if (safe <= 0) return false;
      this.#part?.take(this.#rest.subarray(0, safe));
      this.#rest = this.#rest.subarray(safe);
      return false;
    }
    const after = end + this.#delimiter.length;
    if (this.#rest.length < after + 2) return false;
    this.#part?.take(this.#rest.subarray(0, end));
    if (this.#part !== null) this.#values[this.#part.name] = this.#part.value();
    this.#part = null;
    const last = this.#rest.toString('latin1', after, after + 2) === '--';
    this.#rest = this.#rest.subarray(after + 2);
    this.#state = last ? 'after' : 'head';
    return true;
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#rest.length > fieldLimit) {
        this.#fault ??= 'a part of the multipart form has an endless head';
        this.#state = 'after';
      }
      return false;
    }
    const head = this.#rest.toString('utf8', 0, end);
    this.#rest = this.#rest.subarray(end + 4);
    const name = /[; ]name="([^"]*)"/i.exec(head)?.[1] ?? '';
    const fileName = /filename="([^"]*)"/i.exec(head)?.[1];
    if (name === '') this.#fault ??= 'a part of the multipart form has no name';
    this.#part = fileName === undefined ? new FieldPart(name) : new FilePart(name, fileName);
    this.#state = 'body';
    return true;
  }
}

interface Part {
  readonly name: string;
  take(bytes: Buffer): void;
  value(): unknown;
}

class FieldPart implements Part {
  readonly name: string;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(name: string) {
    this.name = name;
  }

  take(bytes: Buffer): void {
    if (this.#length >= fieldLimit) return;
    this.#chunks.push(Buffer.from(bytes));
    this.#length += bytes.length;
  }

  value(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

class FilePart implements Part {
  readonly name: string;
  readonly #fileName: string;
  readonly #hash = createHash('sha256');
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(name: string, fileName: string) {
    this.name = name;
    this.#fileName = fileName;
  }

  take(bytes: Buffer): void {
    this.#hash.update(bytes);
    this.#length += bytes.length;
    if (this.#length <= contentLimit) this.#chunks.push(Buffer.from(bytes));
    else this.#chunks = [];
  }

  value(): UploadedFile {
    const content = this.#length <= contentLimit ? Buffer.concat(this.#chunks) : null;
    return { fileName: this.#fileName, bytes: this.#length, sha256: this.#hash.digest('hex'), content };
  }
}
