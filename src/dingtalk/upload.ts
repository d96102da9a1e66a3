/**
 * Media files on their way to `media/upload`: checked before a byte leaves, streamed in constant memory.
 * Source: K646; the file travels as the multipart field `media` with a file name.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { Readable } from 'node:stream';
import { messageOf } from '../base/errors.ts';
import type { MediaSource, UploadRequest } from './client-types.ts';
import { endpoints } from './endpoints.ts';
import { mediaLimits } from './limits.ts';
import type { TransportRequest } from './transport.ts';

/** A file that may be uploaded: name, exact size, and its content from the start as often as it is asked for. */
export interface CheckedMedia {
  readonly fileName: string;
  readonly bytes: number;
  /** Null when the content was a stream that has been read already. */
  readonly open: () => Readable | null;
}

export type MediaCheck =
  | { readonly kind: 'ok'; readonly media: CheckedMedia }
  /** `code`: what DingTalk would answer: 40004 type, 40005 format, 40006 size, 41005 no file. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export async function checkMedia({ type, source }: UploadRequest): Promise<MediaCheck> {
  const limits = mediaLimits[type];
  const media = await describe(source);
  if ('refused' in media) return { kind: 'refused', code: '41005', message: media.refused };
  const format = extname(media.fileName).slice(1).toLowerCase();
  if (!limits.formats.includes(format)) {
    const known = limits.formats.join(', ');
    return {
      kind: 'refused',
      code: '40005',
      message: `${media.fileName}: ${type} takes ${known} (${limits.source})`,
    };
  }
  if (media.bytes === 0) return { kind: 'refused', code: '44001', message: `${media.fileName} is empty` };
  if (media.bytes > limits.maxBytes) {
    const text = `${media.fileName} has ${media.bytes} bytes, ${type} takes ${limits.maxBytes} (${limits.source})`;
    return { kind: 'refused', code: '40006', message: text };
  }
  return { kind: 'ok', media };
}

async function describe(source: MediaSource): Promise<CheckedMedia | { readonly refused: string }> {
  if (source.kind === 'bytes') {
    const { fileName, content } = source;
    return { fileName, bytes: content.length, open: () => Readable.from(pieces(content)) };
  }
  if (source.kind === 'stream') {
    let stream: Readable | null = source.stream;
    const open = (): Readable | null => {
      const once = stream;
      stream = null;
      return once;
    };
    return { fileName: source.fileName, bytes: source.bytes, open };
  }
  try {
    const found = await stat(source.path);
    if (!found.isFile()) return { refused: `${basename(source.path)} is no file` };
    // `end` keeps a file that grows meanwhile from passing the announced length.
    const open = (): Readable => createReadStream(source.path, { end: Math.max(0, found.size - 1) });
    return { fileName: basename(source.path), bytes: found.size, open };
  } catch (thrown) {
    return { refused: `${basename(source.path)} cannot be read: ${messageOf(thrown)}` };
  }
}

const pieceBytes = 65_536;

function* pieces(content: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += pieceBytes) yield content.subarray(at, at + pieceBytes);
}

/** The request, or null when the content cannot be read a second time. `type` stands in the query (K646). */
export function uploadRequest(
  baseUrl: string,
  token: string,
  type: UploadRequest['type'],
  media: CheckedMedia,
  timeoutMs: number,
): TransportRequest | null {
  const content = media.open();
  if (content === null) return null;
  const boundary = `dingtalk-${randomUUID()}`;
  const name = media.fileName.replace(/["\\\r\n]/g, '_');
  const head = Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="media"; filename="${name}"\r\n` +
      'content-type: application/octet-stream\r\n\r\n',
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    method: 'POST',
    url: `${baseUrl}${endpoints.upload.path}?access_token=${encodeURIComponent(token)}&type=${type}`,
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + media.bytes + tail.length),
      accept: 'application/json',
    },
    body: Readable.from(framed(head, content, media.bytes, tail), { objectMode: false }),
    timeoutMs,
  };
}

/** Content of another length than announced breaks the request off instead of sending a file that is not whole. */
async function* framed(
  head: Buffer,
  content: Readable,
  bytes: number,
  tail: Buffer,
): AsyncGenerator<Uint8Array> {
  yield head;
  let seen = 0;
  for await (const chunk of content) {
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    seen += piece.length;
    if (seen > bytes) break;
    yield piece;
  }
  if (seen !== bytes) throw new RangeError(`the file has another length than the ${bytes} bytes announced`);
  yield tail;
}
