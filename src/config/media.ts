import { dirname } from 'node:path';
import type { MessageConfig, MessageField } from './config.ts';
import type { SourceRef } from './source-ref.ts';
import { pathFrom } from './globs.ts';
import type { LoaderContext } from './loader-context.ts';
import type { Parts } from './read-parts.ts';

/** Checks that every file that a message uploads is there: the first event would be too late to find out. */
export function checkMedia(parts: Parts, ref: SourceRef, context: LoaderContext): void {
  const base = dirname(ref.file);
  const messages = [
    ...parts.templates.values(),
    ...parts.routes.flatMap((route) => route.message ?? []),
  ];
  for (const message of messages) {
    for (const { upload, path } of uploadsOf(message)) {
      if (context.isFile(pathFrom(base, upload))) continue;
      const text = `there is no file ${upload}`;
      const remedy = 'the path is relative to dingbus.yaml';
      context.report(message.source, [message.type, ...path, 'upload'], 'media_missing', text, remedy);
    }
  }
}

function uploadsOf(
  message: MessageConfig,
): readonly { readonly upload: string; readonly path: readonly (string | number)[] }[] {
  const found: { upload: string; path: readonly (string | number)[] }[] = [];
  const walk = (field: MessageField, path: readonly (string | number)[]): void => {
    if (typeof field !== 'object' || field === null) return;
    const { upload } = field as { readonly upload?: MessageField };
    if (typeof upload === 'string') found.push({ upload, path });
    else for (const [key, inner] of Object.entries<MessageField>(field)) walk(inner, [...path, key]);
  };
  walk(message.fields, []);
  return found;
}
