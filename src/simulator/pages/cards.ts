import { html } from 'hono/html';
import { isObject } from '../message/fields.ts';
import type { InboxEntry } from '../task.ts';
import { picture, textOf, type CardContext } from './card-parts.ts';
import { markdown } from './markdown.ts';
import { isWebLink, webLink, type Markup } from './markup.ts';
import { oaCard } from './oa-card.ts';
import type { Words } from './words.ts';

/** A message drawn as DingTalk draws it. Everything in it came from a caller and is escaped. */
export function card(entry: InboxEntry, context: CardContext): Markup {
  const message = isObject(entry.msg) ? entry.msg : {};
  const body = message[entry.msgtype];
  if (!isObject(body)) return html`<div class="bubble">${context.words.unknownType}</div>`;
  const get = (name: string): string => textOf(body[name]);
  switch (entry.msgtype) {
    case 'text':
      return html`<div class="bubble text">${get('content')}</div>`;
    case 'image':
      return html`<div class="picture">${picture(get('media_id'), context)}</div>`;
    case 'voice':
      return voice(get('duration'), context.words);
    case 'file':
      return file(get('media_id'), context);
    case 'link':
      return link(get, context);
    case 'markdown':
      return html`<div class="bubble">${markdown(get('text'), inlinePicture(context))}</div>`;
    case 'oa':
      return oaCard(body, entry.statusBar, context);
    case 'action_card':
      return actionCard(body, context);
    default:
      return html`<div class="bubble">${context.words.unknownType}</div>`;
  }
}

/** The line that a list of conversations shows for a message. */
export function summary(entry: InboxEntry, words: Words): string {
  const message = isObject(entry.msg) ? entry.msg : {};
  const body = message[entry.msgtype];
  if (!isObject(body)) return '';
  const bodyOfOa = isObject(body['body']) ? body['body'] : {};
  const text = [body['content'], body['title'], bodyOfOa['title'], bodyOfOa['content'], body['markdown']]
    .map(textOf)
    .find((candidate) => candidate !== '');
  const placeholder = { image: `[${words.image}]`, file: `[${words.file}]` }[entry.msgtype];
  return (text ?? placeholder ?? `[${entry.msgtype}]`).slice(0, 80);
}

function inlinePicture(context: CardContext): (url: string, label: string) => Markup {
  return (url, label) => {
    if (!isWebLink(url)) return html`<span class="picture inline">${picture(url, context)}</span>`;
    const caption = label === '' ? context.words.remoteImage : label;
    return webLink(url, html`<span class="remote">${caption}</span>`);
  };
}

function voice(duration: string, words: Words): Markup {
  const seconds = Math.min(60, Math.max(1, Number(duration) || 1));
  return html`<div class="bubble voice" style="width:${80 + seconds * 3}px">
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 9v6M10 6v12M14 8v8M18 10v4" /></svg>
    <span>${duration}${words.seconds}</span>
  </div>`;
}

function file(mediaId: string, { media, words }: CardContext): Markup {
  const medium = media.get(mediaId);
  const name = medium === null || medium.fileName === '' ? mediaId : medium.fileName;
  const extension = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1] ?? words.file;
  const size = medium?.bytes == null ? '' : sizeOf(medium.bytes);
  return html`<div class="card file">
    <span class="file-icon">${extension}</span>
    <span class="file-name">${name}<small>${size}</small></span>
  </div>`;
}

function link(get: (name: string) => string, context: CardContext): Markup {
  const content = html`<span class="link-title">${get('title')}</span>
    <span class="link-row">
      <span class="link-text">${get('text')}</span>
      <span class="thumb">${picture(get('picUrl'), context)}</span>
    </span>`;
  return webLink(get('messageUrl'), content, 'card link');
}

function actionCard(body: Record<string, unknown>, context: CardContext): Markup {
  const buttons = Array.isArray(body['btn_json_list'])
    ? (body['btn_json_list'] as readonly unknown[]).filter(isObject)
    : [];
  const content = markdown(textOf(body['markdown']), inlinePicture(context));
  if (buttons.length === 0) {
    const title = textOf(body['single_title']);
    const more = html`<span>${title}</span><span class="arrow" aria-hidden="true">›</span>`;
    return html`<div class="card action">
      <div class="card-body">${content}</div>
      ${webLink(textOf(body['single_url']), more, 'single')}
    </div>`;
  }
  const direction = body['btn_orientation'] === '1' ? 'across' : 'down';
  return html`<div class="card action">
    <div class="card-body">${content}</div>
    <div class="buttons ${direction}">
      ${buttons.map((button) => webLink(textOf(button['action_url']), textOf(button['title']), 'button'))}
    </div>
  </div>`;
}

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1_048_576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}
