import { html } from 'hono/html';
import { fieldAdvice } from '../../dingtalk/limits.ts';
import { isObject } from '../message/fields.ts';
import type { InboxEntry } from '../task.ts';
import { picture, textOf, type CardContext } from './card-parts.ts';
import { nothing, webLink, type Markup } from './markup.ts';

/** DingTalk shows a status bar without a colour in black (K775). */
const defaultStatusColour = '#000000';

/**
 * An OA card: head strip with the app's name (which replaces `head.text` in work notifications, K775), title, up to
 * six form rows, one big number, three lines of text, picture, attachments, author, status bar.
 */
export function oaCard(
  oa: Record<string, unknown>,
  bar: InboxEntry['statusBar'],
  context: CardContext,
): Markup {
  const head = isObject(oa['head']) ? oa['head'] : {};
  const body = isObject(oa['body']) ? oa['body'] : {};
  const get = (name: string): string => textOf(body[name]);
  const content = html`<span
      class="oa-head"
      style="background:${headColour(textOf(head['bgcolor']))}"
      title="head.text: ${textOf(head['text'])}"
      >${context.app}</span
    >
    <span class="card-body">
      ${line('oa-title', get('title'))} ${form(body['form'], context)} ${rich(body['rich'])}
      ${line('oa-content', get('content'))} ${image(get('image'), context)} ${foot(get, context)}
    </span>
    ${statusBar(bar)}`;
  return webLink(textOf(oa['message_url']), content, 'card oa');
}

function line(className: string, text: string): Markup {
  return text === '' ? nothing : html`<span class="${className}">${text}</span>`;
}

function form(value: unknown, { words }: CardContext): Markup {
  const rows = Array.isArray(value) ? (value as readonly unknown[]).filter(isObject) : [];
  if (rows.length === 0) return nothing;
  const shown = fieldAdvice.oaBodyFormRows.value;
  const hidden = rows.length - shown;
  return html`<span class="oa-form">
    ${rows
      .slice(0, shown)
      .map(
        (row) =>
          html`<span class="oa-row"><b>${textOf(row['key'])}</b><span>${textOf(row['value'])}</span></span>`,
      )}
    ${hidden > 0 ? html`<small class="hidden-rows">${hidden} ${words.rowsHidden}</small>` : nothing}
  </span>`;
}

function rich(value: unknown): Markup {
  if (!isObject(value)) return nothing;
  return html`<span class="oa-rich"><b>${textOf(value['num'])}</b> ${textOf(value['unit'])}</span>`;
}

function image(mediaId: string, context: CardContext): Markup {
  return mediaId === '' ? nothing : html`<span class="picture wide">${picture(mediaId, context)}</span>`;
}

function foot(get: (name: string) => string, { words }: CardContext): Markup {
  const files = get('file_count');
  const author = get('author');
  if (files === '' && author === '') return nothing;
  return html`<span class="oa-foot">
    <span
      >${files === '' ? '' : html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M8 12l6-6a3 3 0 014 4l-8 8a5 5 0 01-7-7l7-7" /></svg> ${files} ${words.attachments}`}</span
    ><span>${author}</span>
  </span>`;
}

function statusBar(bar: InboxEntry['statusBar']): Markup {
  if (bar === null || bar.value === '') return nothing;
  return html`<span class="status-bar" style="background:${statusColour(bar.background)}"
    >${bar.value}</span
  >`;
}

/** `AARRGGBB` → CSS; anything else gets DingTalk's blue. */
function headColour(argb: string): string {
  const parts = /^([0-9a-f]{2})([0-9a-f]{6})$/i.exec(argb);
  return parts === null ? '#1677ff' : `#${parts[2]}${parts[1]}`;
}

/** `0xAARRGGBB` → CSS. */
function statusColour(value: string | null): string {
  const parts = /^0x([0-9a-f]{2})([0-9a-f]{6})$/i.exec(value ?? '');
  return parts === null ? defaultStatusColour : `#${parts[2]}${parts[1]}`;
}
