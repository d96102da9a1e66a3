import type { LedgerTx, MediaEntry } from '../ledger/ledger.ts';

/** A medium that a message names by its file: `{"upload":"media/logo.png"}` in place of the media id. */
const placeholder = /\{"upload":("(?:[^"\\]|\\.)*")\}/g;

export interface MediaBody {
  /** The message with every media id that is known put in. */
  readonly body: string;
  /** Files that have no media id yet. */
  readonly missing: readonly string[];
}

/** Whether there can be any file in it: told at once for nearly every message. */
export function namesFiles(body: string): boolean {
  return body.includes('{"upload":');
}

/** The files that a message body names, each once. */
export function uploadsIn(body: string): readonly string[] {
  return [...new Set([...body.matchAll(placeholder)].map((match) => parsePath(match[1])))];
}

/** The media ids that stand in a sent body where its planned one names files, each once. */
export function mediaIdsIn(planned: string, sent: string): readonly string[] {
  const ids = new Set<string>();
  collect(JSON.parse(planned), JSON.parse(sent), ids);
  return [...ids];
}

function collect(planned: unknown, sent: unknown, ids: Set<string>): void {
  if (typeof planned !== 'object' || planned === null) return;
  if ('upload' in planned && typeof sent === 'string') ids.add(sent);
  if (typeof sent !== 'object' || sent === null) return;
  for (const [key, value] of Object.entries(planned)) collect(value, Reflect.get(sent, key), ids);
}

/**
 * Puts media ids into a message; `hashOf` gives a file's content hash when it has been read, so that a changed
 * file is uploaded anew and an unchanged one never twice.
 */
export async function withMedia(
  tx: LedgerTx,
  app: string,
  body: string,
  hashOf: (path: string) => string | undefined,
): Promise<MediaBody> {
  const paths = uploadsIn(body);
  if (paths.length === 0) return { body, missing: [] };
  const hashes = new Map(paths.map((path) => [path, hashOf(path)]));
  const known = await tx.media(
    app,
    [...hashes.values()].filter((hash) => hash !== undefined),
  );
  const ids = new Map(known.map((entry: MediaEntry) => [entry.contentHash, entry.mediaId]));
  const missing: string[] = [];
  const filled = body.replace(placeholder, (text, quoted: string) => {
    const path = parsePath(quoted);
    const id = ids.get(hashes.get(path) ?? '');
    if (id === undefined) {
      missing.push(path);
      return text;
    }
    return JSON.stringify(id);
  });
  return { body: filled, missing };
}

function parsePath(quoted: string | undefined): string {
  return String(JSON.parse(quoted ?? '""'));
}
