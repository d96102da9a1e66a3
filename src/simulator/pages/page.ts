import { html } from 'hono/html';
import type { Control } from '../control.ts';
import type { World } from '../world.ts';
import { inboxView } from './inbox-view.ts';
import { panelView } from './panel-view.ts';
import { peopleView } from './people-view.ts';
import type { Markup } from './markup.ts';
import type { Language, Words } from './words.ts';

export interface PageRequest {
  readonly userid: string;
  readonly search: string;
  readonly language: Language;
  readonly words: Words;
}

/** The whole page; it works without its script too, which only brings what is new. */
export function page(world: World, control: Control, request: PageRequest): Markup {
  const { userid, search, language, words } = request;
  const other: Language = language === 'zh' ? 'en' : 'zh';
  const otherQuery = new URLSearchParams({ lang: other, ...(userid === '' ? {} : { user: userid }) });
  return html`<!doctype html>
    <html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${words.title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/_sim/page.css" />
        <script src="/_sim/page.js" defer></script>
      </head>
      <body
        data-user="${userid}"
        data-search="${search}"
        data-lang="${language}"
        data-confirm="${words.resetConfirm}"
        data-live="${words.live}"
        data-offline="${words.offline}"
      >
        <header class="top">
          <span class="logo" aria-hidden="true"></span>
          <h1>${words.title}</h1>
          <span class="company">${world.directory.company.name} · ${words.subtitle}</span>
          <span class="grow"></span>
          <span class="live" id="live">${words.live}</span>
          <a class="language" href="/?${otherQuery}">${other === 'en' ? 'English' : '中文'}</a>
          <button class="panel-toggle" id="panel-toggle" aria-controls="panel">${words.panel}</button>
        </header>
        <main>
          <nav aria-label="${words.people}">
            <form method="get" action="/" role="search">
              <input type="hidden" name="lang" value="${language}" />
              <input
                type="search"
                name="q"
                value="${search}"
                placeholder="${words.search}"
                aria-label="${words.search}"
                autocomplete="off"
              />
            </form>
            <div id="people">${peopleView(world, { selected: userid, search, language, words })}</div>
          </nav>
          <section class="conversation" id="inbox">${inboxView(world, control, userid, words)}</section>
          <aside id="panel" aria-label="${words.panel}">${panelView(control, words)}</aside>
        </main>
      </body>
    </html>`;
}
