import type { z } from 'zod';
import type { message as messageSchema } from '../api/schemas.ts';
import { html, nothing, type Html } from './html.ts';
import { markdown } from './markdown.ts';
import { oaCard } from './oa-card.ts';
import { buttons, plain, textOf } from './card-parts.ts';
import type { Texts } from './texts-en.ts';

/**
 * Draws a message as DingTalk's work notice shows it, near enough to judge text and layout. It shows what is sent,
 * so fields are taken as they stand, also when DingTalk would refuse them.
 */
export function card(t: Texts, message: z.output<typeof messageSchema>, app: string): Html {
  const { msgtype } = message;
  const fields = plain(plain(message.msg)[msgtype]);
  return html`<div class="phone">
      <div class="notice-from"><i aria-hidden="true"></i>${app}</div>
      <div class="notice ${msgtype}">${drawing(msgtype, fields)}</div>
    </div>
    <p class="dim meta"><code>${msgtype}</code> · ${message.bytes} ${t.bytes}</p>`;
}

function drawing(msgtype: string, fields: Readonly<Record<string, unknown>>): Html {
  const text = (name: string): string => textOf(fields[name]);
  switch (msgtype) {
    case 'text':
      return html`<div class="content pre">${text('content')}</div>`;
    case 'image':
      return html`<div class="picture-box">🖼 ${medium(fields['media_id'])}</div>`;
    case 'voice':
      return html`<div class="content row">
        ▶ <span class="wave"></span> ${text('duration')}″ ${medium(fields['media_id'])}
      </div>`;
    case 'file':
      return html`<div class="content row">📄 ${medium(fields['media_id'])}</div>`;
    case 'link':
      return html`<div class="content row">
          <div>
            <p class="headline">${text('title')}</p>
            <p class="pre">${text('text')}</p>
          </div>
          <span class="thumb" title="${medium(fields['picUrl'])}">🖼</span>
        </div>
        ${opens(text('messageUrl'))}`;
    case 'markdown':
      return html`<div class="content markdown">${markdown(text('text'))}</div>`;
    case 'oa':
      return oaCard(fields);
    case 'action_card':
      return html`<div class="content markdown">${markdown(text('markdown'))}</div>
        ${buttons(fields)}`;
    default:
      return html`<div class="content pre">${JSON.stringify(fields, null, 2)}</div>`;
  }
}

function opens(address: string): Html {
  return address === '' ? nothing : html`<div class="address">${address}</div>`;
}

/** A medium that is uploaded later stands as `{ "upload": "<path>" }` in place of its id. */
function medium(value: unknown): string {
  const upload = plain(value)['upload'];
  return typeof upload === 'string' ? upload : textOf(value);
}
