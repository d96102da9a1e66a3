import { resolve } from 'node:path';
import type { DingTalkClient } from '../dingtalk/client-types.ts';
import type { MediaType } from '../dingtalk/limits.ts';
import type { CallError } from '../dingtalk/outcomes.ts';

export type UploadedBody =
  { readonly kind: 'ok'; readonly body: string } | { readonly kind: 'failed'; readonly error: CallError };

/** Uploads every file that a message names, `{"upload": path}`, and puts the media ids in their places; relative paths begin at `folder`. */
export async function uploadFiles(
  client: DingTalkClient,
  body: string,
  folder: string,
): Promise<UploadedBody> {
  const paths = new Set<string>();
  const message = JSON.parse(body, (_key, value: unknown) => {
    const path = uploadOf(value);
    if (path !== null) paths.add(path);
    return value;
  }) as { readonly msgtype: string };
  const { msgtype } = message;
  const type: MediaType = msgtype === 'voice' || msgtype === 'file' ? msgtype : 'image';
  const ids = new Map<string, string>();
  for (const path of paths) {
    const source = { kind: 'path', path: resolve(folder, path) } as const;
    const answer = await client.uploadMedia({ type, source });
    if (answer.kind === 'failed') return { kind: 'failed', error: answer.error };
    ids.set(path, answer.value.mediaId);
  }
  const filled = JSON.stringify(message, (_key, value: unknown) => ids.get(uploadOf(value) ?? '') ?? value);
  return { kind: 'ok', body: filled };
}

function uploadOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('upload' in value)) return null;
  return typeof value.upload === 'string' ? value.upload : null;
}
