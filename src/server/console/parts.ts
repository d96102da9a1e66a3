import { html, nothing, type Html } from './html.ts';
import type { PageContext } from './page.ts';
import { wordOf } from './texts.ts';
import type { Texts } from './texts-en.ts';

/** Small pieces that several pages draw the same way. */

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'quiet' | 'plain';

const tones: Readonly<Record<string, Tone>> = {
  delivered: 'good',
  read: 'good',
  arrived: 'good',
  settled: 'good',
  accepted: 'info',
  deferred: 'info',
  pending: 'info',
  unread: 'info',
  partial: 'warn',
  unknown: 'warn',
  unverified: 'info',
  failed: 'bad',
  invalid: 'bad',
  forbidden: 'bad',
  unresolved: 'bad',
  suppressed: 'quiet',
  recalled: 'quiet',
  matched: 'good',
  not_matched: 'quiet',
  skipped: 'quiet',
  disabled: 'quiet',
  done: 'good',
  refused: 'warn',
  requested: 'info',
};

export function toneOf(word: string): Tone {
  return tones[word] ?? 'plain';
}

export function badge(text: string, tone: Tone, title?: string): Html {
  return html`<span class="badge ${tone}" title="${title ?? ''}">${text}</span>`;
}

/** A status in the reader's language, with the word that results carry as its title. */
export function statusBadge(t: Texts, status: string | null, prefix = 'status'): Html {
  return status === null
    ? html`<span class="dim">–</span>`
    : badge(wordOf(t, prefix, status), toneOf(status), status);
}

/** An instant; the script turns it into the reader's own time zone. */
export function time(iso: string | null): Html {
  if (iso === null) return html`<span class="dim">–</span>`;
  return html`<time datetime="${iso}">${iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z')}</time>`;
}

export function number(value: number): string {
  return Number.isInteger(value) || value >= 100
    ? Math.round(value).toLocaleString('en-US')
    : value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
}

/** `95 s`, `12 min`, `3 h`, `4 d`: good enough for an age. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export interface ActionButton {
  readonly label: string;
  /** Below `/api/v1`. */
  readonly path: string;
  readonly body: unknown;
  /** The question before it is done. */
  readonly confirm: string;
  readonly tone?: 'plain' | 'danger' | 'primary';
  readonly withNote?: boolean;
}

/** A button that asks, then calls the API with the token; off, with the reason, while changes are off. */
export function actionButton(context: PageContext, action: ActionButton): Html {
  const tone = action.tone ?? 'plain';
  if (!context.canChange) {
    return html`<button class="button ${tone}" type="button" disabled title="${context.t.changesOff}">
      ${action.label}
    </button>`;
  }
  return html`<button
    class="button ${tone}"
    type="button"
    data-action="${action.path}"
    data-body="${JSON.stringify(action.body)}"
    data-confirm="${action.confirm}"
    data-note="${action.withNote === false ? '' : 'yes'}"
  >
    ${action.label}
  </button>`;
}

/** Label and value pairs; rows without a value are left out. */
export function facts(rows: readonly (readonly [string, Html | string | null])[]): Html {
  const shown = rows.filter(([, value]) => value !== null && value !== '');
  if (shown.length === 0) return nothing;
  return html`<dl class="facts">
    ${shown.map(
      ([label, value]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

export function empty(text: string): Html {
  return html`<p class="empty">${text}</p>`;
}

/** Links to the next page and back to the first one. */
export function pager(context: PageContext, path: string, next: string | null): Html {
  const { t, query, link } = context;
  const atStart = query['cursor'] === undefined;
  if (atStart && next === null) return nothing;
  return html`<nav class="pager">
    ${atStart ? nothing : html`<a class="button" href="${link(path, { ...query, cursor: null })}">${t.newest}</a>`}
    ${
      next === null
        ? nothing
        : html`<a class="button" rel="next" href="${link(path, { ...query, cursor: next })}">${t.older}</a>`
    }
  </nav>`;
}
