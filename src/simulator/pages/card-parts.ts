import { html } from 'hono/html';
import type { MediaStore } from '../media-store.ts';
import type { Markup } from './markup.ts';
import type { Words } from './words.ts';

/** What a card needs to know besides the message. */
export interface CardContext {
  readonly words: Words;
  readonly media: MediaStore;
  /** The app's name, which DingTalk puts on top of OA cards. */
  readonly app: string;
}

/** An uploaded picture, or a box that says why there is none to show. */
export function picture(mediaId: string, { media, words }: CardContext): Markup {
  const medium = media.get(mediaId);
  if (medium?.content != null) {
    const source = `/_sim/media/${encodeURIComponent(mediaId)}`;
    return html`<img src="${source}" alt="${medium.fileName}" loading="lazy" />`;
  }
  return html`<div class="no-picture" title="${mediaId}">
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4" /></svg>
    <span>${medium === null ? mediaId : words.notShown}</span>
  </div>`;
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
