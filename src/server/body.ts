import type { Context } from 'hono';
import type { ServerEnv } from './caller.ts';
import { refuse, reply, type Reply } from './problem.ts';

/** The largest body: an event may be as large as Kafka's default largest record, and then some JSON around it. */
const largestBodyBytes = 1_200_000;

/**
 * Reads a JSON body as text, and no more of it than is allowed, whatever its headers promise. The JSON type is
 * demanded because forms of foreign pages cannot send it: without CORS headers the browser stops them before they
 * reach us.
 */
export async function jsonText(context: Context<ServerEnv>): Promise<Reply<string>> {
  if (!/^application\/json\b/i.test(context.req.header('content-type') ?? '')) {
    return refuse(415, 'not_json', 'The body must be JSON with "content-type: application/json".');
  }
  const tooLarge = refuse(413, 'body_too_large', `A body has at most ${largestBodyBytes} bytes.`);
  if (Number(context.req.header('content-length') ?? 0) > largestBodyBytes) return tooLarge;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const stream: AsyncIterable<Uint8Array> | null = context.req.raw.body;
  for await (const chunk of stream ?? []) {
    bytes += chunk.byteLength;
    if (bytes > largestBodyBytes) return tooLarge;
    chunks.push(chunk);
  }
  return reply(Buffer.concat(chunks).toString('utf8'));
}
