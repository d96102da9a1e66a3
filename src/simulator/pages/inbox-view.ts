import { html } from 'hono/html';
import type { Control } from '../control.ts';
import type { InboxEntry } from '../task.ts';
import type { World } from '../world.ts';
import { card } from './cards.ts';
import { nothing, type Markup } from './markup.ts';
import { avatar } from './people-view.ts';
import { clockTime, fullTime } from './times.ts';
import type { Words } from './words.ts';

/** So many of a person's newest messages are drawn. */
const shown = 100;
/** A new time stands above a message that comes this long after the one before. */
const pauseMs = 5 * 60_000;

/** One person's conversation with work notifications, oldest on top. */
export function inboxView(world: World, control: Control, userid: string, words: Words): Markup {
  const user = world.directory.user(userid);
  if (user === null) return html`<div class="empty"><p>${words.pickSomeone}</p></div>`;
  const entries = control.inbox(userid);
  const now = world.clock.now();
  const newest = entries.slice(-shown);
  return html`<header class="conversation-head">
      ${avatar(user)}
      <span>
        <b>${user.name}</b>
        <small>${user.title} · ${user.userid}${user.active ? '' : ` · ${words.left}`}</small>
      </span>
    </header>
    <div class="messages" id="messages">
      ${
        entries.length === 0
          ? html`<div class="empty">
              <p>${words.noMessages}</p>
              <small>${words.noMessagesHint}</small>
            </div>`
          : nothing
      }
      ${entries.length > shown ? html`<p class="hint">${words.earlier}</p>` : nothing}
      ${newest.map((entry, index) => message(entry, newest[index - 1], world, words, now))}
    </div>`;
}

function message(
  entry: InboxEntry,
  before: InboxEntry | undefined,
  world: World,
  words: Words,
  now: number,
): Markup {
  const pause = before === undefined || entry.at - before.at > pauseMs;
  const context = { words, media: world.media, app: entry.appTitle };
  const recalled = entry.recalledAt !== null;
  return html`${pause ? html`<p class="time"><time>${clockTime(entry.at, now)}</time></p>` : nothing}
    <article class="message ${recalled ? 'recalled' : ''}" data-task="${entry.taskId}">
      <span class="app-icon" aria-hidden="true">${entry.appTitle.slice(0, 1).toUpperCase()}</span>
      <div class="message-main">
        <span class="message-from">${entry.appTitle}<small>${entry.agentId}</small></span>
        ${recalled ? html`<p class="recall-note">${words.recalled} · ${fullTime(entry.recalledAt)}</p>` : nothing}
        ${card(entry, context)}
        <footer>
          ${receipt(entry, words)}
          <time title="${fullTime(entry.at)}">${fullTime(entry.at).slice(11)}</time>
          <span>#${entry.taskId}</span>
          ${source(entry, words)}
        </footer>
      </div>
    </article>`;
}

function receipt(entry: InboxEntry, words: Words): Markup {
  if (entry.readAt !== null) {
    return html`<span class="is-read" title="${fullTime(entry.readAt)}">✓ ${words.read}</span>`;
  }
  if (entry.recalledAt !== null) return nothing;
  return html`<button class="is-unread" data-read="${entry.taskId}" title="${words.markRead}">
    ${words.unread}
  </button>`;
}

function source(entry: InboxEntry, words: Words): Markup {
  const text = JSON.stringify(entry.msg);
  return html`<details>
    <summary>${words.source} · ${Buffer.byteLength(text)} ${words.bytes}</summary>
    <pre>${JSON.stringify(entry.msg, null, 2)}</pre>
  </details>`;
}
