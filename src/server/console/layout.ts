import { assetUrl } from './assets.ts';
import { html, nothing, type Html } from './html.ts';
import type { Page, PageContext } from './page.ts';
import type { TextKey } from './texts-en.ts';

interface MenuEntry {
  readonly path: string;
  readonly label: TextKey;
  readonly short: TextKey;
  /** The drawing of a 24 × 24 icon. */
  readonly icon: string;
}

const menu: readonly MenuEntry[] = [
  {
    path: '/',
    label: 'overview',
    short: 'overview',
    icon: 'M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
  },
  {
    path: '/notifications',
    label: 'notifications',
    short: 'notifications',
    icon: 'M4 5h16v11H9l-5 4zM8 9h8M8 12h5',
  },
  {
    path: '/explorer',
    label: 'explorer',
    short: 'explorerShort',
    icon: 'M5 5h4v4H5zM15 5h4v4h-4zM15 15h4v4h-4zM9 7h6M12 7v10h3',
  },
  {
    path: '/dead-letters',
    label: 'deadLetters',
    short: 'deadLetters',
    icon: 'M4 6h16v12H4zM4 6l8 7 8-7M9.5 16l5 0',
  },
  {
    path: '/configuration',
    label: 'configuration',
    short: 'configurationShort',
    icon: 'M4 7h9M17 7h3M4 12h3M11 12h9M4 17h9M17 17h3M13 5v4M7 10v4M13 15v4',
  },
];

/** The whole document around one page; without it (`main` alone) a page is what the script swaps in. */
export function layout(context: PageContext, path: string, page: Page, locked: boolean): Html {
  const { t, language, link } = context;
  const other = language === 'en' ? 'zh' : 'en';
  return html`<!doctype html>
    <html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title} · dingbus</title>
        <link rel="icon" type="image/svg+xml" href="${assetUrl('icon.svg')}" />
        <link rel="stylesheet" href="${assetUrl('console.css')}" />
        <script src="${assetUrl('theme.js')}"></script>
        <script type="module" src="${assetUrl('console.js')}"></script>
      </head>
      <body>
        <a class="skip" href="#main">${t.skip}</a>
        <header class="rail">
          <a class="brand" href="${link('/')}"
            ><img src="${assetUrl('icon.svg')}" alt="" width="28" height="28" /><span>dingbus</span></a
          >
          <nav class="menu" aria-label="${t.menu}">
            ${menu.map((entry) => menuLink(context, entry, path))}
          </nav>
          <div class="tools">
            <span class="live" id="live" data-live-text="${t.live}" data-offline-text="${t.offline}" hidden>
              <i></i><span role="status"></span>
            </span>
            <a
              class="tool"
              href="${link('/audit')}"
              ${path === '/audit' ? html`aria-current="page"` : nothing}
              >${t.audit}</a
            >
            <a
              class="tool"
              hreflang="${other}"
              lang="${other}"
              href="${link(path, { ...context.query, lang: other })}"
              >${t.otherLanguage}</a
            >
            <button class="tool" type="button" id="theme">${t.theme}</button>
            <button class="tool" type="button" id="sign" data-in="${t.signIn}" data-out="${t.signOut}">
              ${t.signIn}
            </button>
          </div>
        </header>
        <main id="main" tabindex="-1" ${locked ? html`data-locked` : nothing}>${page.body}</main>
        ${dialogs(context)}
      </body>
    </html>`;
}

function menuLink(context: PageContext, entry: MenuEntry, path: string): Html {
  const { t, link } = context;
  const current =
    entry.path === '/' ? path === '/' : path === entry.path || path.startsWith(`${entry.path}/`);
  return html`<a href="${link(entry.path)}" ${current ? html`aria-current="page"` : nothing}>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="${entry.icon}" /></svg>
    <span class="long">${t[entry.label]}</span><span class="short">${t[entry.short]}</span>
  </a>`;
}

/** Filled and opened by the script. */
function dialogs({ t }: PageContext): Html {
  return html`<dialog id="confirm" aria-labelledby="confirm-text">
      <form method="dialog">
        <p id="confirm-text"></p>
        <label id="confirm-note">${t.note}<input name="note" maxlength="500" autocomplete="off" /></label>
        <menu>
          <button class="button" type="button" data-dismiss>${t.cancel}</button>
          <button class="button primary" value="ok">${t.confirm}</button>
        </menu>
      </form>
    </dialog>
    <dialog id="token" aria-labelledby="token-title">
      <form method="dialog">
        <h2 id="token-title">${t.signIn}</h2>
        <p id="token-reason" role="alert"></p>
        <label
          >${t.token}<input name="token" type="password" autocomplete="current-password" required
        /></label>
        <p class="dim">${t.tokenHint}</p>
        <menu>
          <button class="button" type="button" data-dismiss>${t.cancel}</button>
          <button class="button primary" value="ok">${t.signIn}</button>
        </menu>
      </form>
    </dialog>
    <div
      id="toasts"
      role="status"
      data-done="${t.done}"
      data-failed="${t.failedAction}"
      data-close="${t.close}"
    ></div>`;
}

/** What stands in place of a page until the reader has signed in. */
export function lockedBody({ t }: PageContext, signInHelps: boolean): Html {
  return html`<section class="locked">
    <h1>${t.locked}</h1>
    <p>${signInHelps ? t.lockedDetail : t.lockedOff}</p>
    ${signInHelps ? html`<button class="button primary" type="button" data-sign-in>${t.signIn}</button>` : nothing}
  </section>`;
}
