import { listOf, plain, textOf } from './card-parts.ts';
import { html, nothing, type Html } from './html.ts';

/** The client shows at most so many rows of a form and hides the rest. Source: K775 oa `form`. */
const shownFormRows = 6;

/** An OA message: a coloured head, title, form, a large number, text, picture, files, author, status bar. */
export function oaCard(fields: Readonly<Record<string, unknown>>): Html {
  const head = plain(fields['head']);
  const bar = plain(fields['status_bar']);
  const status = textOf(bar['status_value']);
  return html`<div class="oa-head">
      ${swatch(textOf(head['bgcolor']))}<span>${textOf(head['text'])}</span>
    </div>
    <div class="content">${oaBody(plain(fields['body']))}</div>
    ${
      status === ''
        ? nothing
        : html`<div class="oa-status">${swatch(textOf(bar['status_bg']))}<span>${status}</span></div>`
    }
    <div class="address">${textOf(fields['message_url'])}</div>`;
}

function oaBody(body: Readonly<Record<string, unknown>>): Html {
  const rows = listOf(body['form']).map(plain);
  const rich = plain(body['rich']);
  const author = textOf(body['author']);
  const files = textOf(body['file_count']);
  return html`
    ${part('headline', body['title'])}
    ${
      rows.length === 0
        ? nothing
        : html`<dl class="form">
            ${rows.map(
              (row, index) =>
                html`<div class="${index < shownFormRows ? '' : 'hidden-row'}">
                  <dt>${textOf(row['key'])}</dt>
                  <dd>${textOf(row['value'])}</dd>
                </div>`,
            )}
          </dl>`
    }
    ${
      textOf(rich['num']) === ''
        ? nothing
        : html`<p class="rich"><b>${textOf(rich['num'])}</b> ${textOf(rich['unit'])}</p>`
    }
    ${part('pre', body['content'])}
    ${body['image'] === undefined ? nothing : html`<div class="picture-box">🖼 ${textOf(body['image'])}</div>`}
    ${
      files === '' && author === ''
        ? nothing
        : html`<p class="foot"><span>${files === '' ? '' : `📎 ${files}`}</span><span>${author}</span></p>`
    }
  `;
}

function part(name: string, value: unknown): Html {
  const text = textOf(value);
  return text === '' ? nothing : html`<p class="${name}">${text}</p>`;
}

/** `FFBBBBBB` or `0xFF78C06E` as an SVG fill: the page's policy allows no inline style. */
function swatch(argb: string): Html {
  const match = /^(?:0x)?([0-9a-f]{2})([0-9a-f]{6})$/i.exec(argb);
  if (match === null)
    return html`<svg aria-hidden="true"><rect width="100%" height="100%" class="no-colour" /></svg>`;
  const opacity = Number.parseInt(match[1] ?? 'FF', 16) / 255;
  return html`<svg aria-hidden="true">
    <rect width="100%" height="100%" fill="#${match[2] ?? ''}" fill-opacity="${opacity.toFixed(2)}" />
  </svg>`;
}
