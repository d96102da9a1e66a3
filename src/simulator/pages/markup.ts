import { html, raw } from 'hono/html';

/** HTML that is safe to put into a page: made by `html`, which escapes every text that goes in. */
export type Markup = ReturnType<typeof html>;

export const nothing: Markup = raw('');

/** Pieces one after the other. */
export function join(pieces: readonly Markup[]): Markup {
  return html`${pieces}`;
}

/** A link a browser may open: http and https alone, everything else stays text. */
export function isWebLink(url: string): boolean {
  return /^https?:\/\/\S+$/i.test(url);
}

export function webLink(url: string, content: Markup | string, className = ''): Markup {
  if (!isWebLink(url)) return html`<span class="${className} inert" title="${url}">${content}</span>`;
  return html`<a class="${className}" href="${url}" title="${url}" target="_blank" rel="noopener noreferrer"
    >${content}</a
  >`;
}
