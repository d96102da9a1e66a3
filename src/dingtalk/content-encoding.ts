import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** Takes one encoding off; throws when the bytes are not encoded so, or hold more than `maxOutputLength`. */
type Decoder = (body: Buffer, bounds: { readonly maxOutputLength: number }) => Buffer;

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflate],
  ['br', brotliDecompressSync],
]);

/**
 * The body of an answer as it was before it was encoded for the way, at most so many bytes of it. Throws when it cannot
 * be had; an encoding without a decoder here is left in place.
 */
export function decodeContent(body: Buffer, contentEncoding: string, maxBytes: number): Buffer {
  if (body.length === 0) return body;
  const bounds = { maxOutputLength: maxBytes };
  // They are named in the order in which they were put on.
  const encodings = contentEncoding.toLowerCase().split(',').reverse();
  return encodings.reduce((bytes, name) => decoders.get(name.trim())?.(bytes, bounds) ?? bytes, body);
}

/** Some servers leave out the wrapping that HTTP asks for; its first byte tells. */
function inflate(...[body, bounds]: Parameters<Decoder>): Buffer {
  const wrapped = ((body[0] ?? 0) & 0x0f) === 8;
  return wrapped ? inflateSync(body, bounds) : inflateRawSync(body, bounds);
}
