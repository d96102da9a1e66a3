import { STATUS_CODES } from 'node:http';
import type { Answer } from '../answer.ts';

const reasons: Readonly<Record<string, string | undefined>> = STATUS_CODES;

/** An answer as the bytes of an HTTP/1.1 response on a connection that stays open. */
export function responseText(answer: Answer): string {
  const reason = reasons[answer.status] ?? 'Unknown';
  const length = Buffer.byteLength(answer.body);
  return (
    `HTTP/1.1 ${answer.status} ${reason}\r\nContent-Type: ${answer.contentType}\r\n` +
    `Content-Length: ${length}\r\nConnection: keep-alive\r\n\r\n${answer.body}`
  );
}

/** A request whose head is plain enough to be read without a full HTTP parser. */
export interface PlainRequest {
  readonly method: string;
  readonly target: string;
  readonly contentType: string;
  readonly body: string;
  /** Where the next request begins. */
  readonly end: number;
}

const headLimit = 8_192;
const bodyLimit = 262_144;
const requestLine = /^(GET|POST) (\/[\x21-\x7e]*) HTTP\/1\.1\r\n/;
const contentLength = /\r\ncontent-length: ?(\d{1,7})\r\n/i;
const contentTypeHeader = /\r\ncontent-type: ?([^\r\n]*)\r\n/i;
const anythingSpecial = /\r\n(?:transfer-encoding|expect|upgrade|connection: ?close|content-encoding)/i;

/**
 * Reads the request that begins at `start`. `partial`: more bytes are needed. `other`: it is not of the plain kind
 * (chunked, big, closing, …), and the full HTTP server has to read it.
 */
export function readPlainRequest(bytes: Buffer, start: number): PlainRequest | 'partial' | 'other' {
  const headEnd = bytes.indexOf('\r\n\r\n', start, 'latin1');
  if (headEnd < 0) return bytes.length - start > headLimit ? 'other' : 'partial';
  // Two bytes more, so that the last header ends like the others.
  const head = bytes.toString('latin1', start, headEnd + 2);
  const line = requestLine.exec(head);
  if (line === null || anythingSpecial.test(head)) return 'other';
  const [, method = '', target = ''] = line;
  const length = Number(contentLength.exec(head)?.[1] ?? 0);
  if (length > bodyLimit) return 'other';
  const bodyStart = headEnd + 4;
  const end = bodyStart + length;
  if (end > bytes.length) return 'partial';
  return {
    method,
    target,
    contentType: (contentTypeHeader.exec(head)?.[1] ?? '').toLowerCase(),
    body: bytes.toString('utf8', bodyStart, end),
    end,
  };
}
