import { auditJson } from '../api/present.ts';
import { html, nothing } from './html.ts';
import type { Page, PageContext } from './page.ts';
import { badge, empty, pager, time, toneOf } from './parts.ts';
import { wordOf } from './texts.ts';

const pageSize = 50;

/** Who changed what, newest first. */
export async function auditPage(context: PageContext): Promise<Page> {
  const { t, query, services } = context;
  const page = await services.ports.audit.list(query['cursor'] ?? null, pageSize);
  const body = html`<div class="title"><h1>${t.audit}</h1></div>
    <section id="list" data-live>
      ${
        page.items.length === 0
          ? empty(t.noAudit)
          : html`<table class="list">
              <thead>
                <tr>
                  <th>${t.when}</th>
                  <th>${t.actor}</th>
                  <th>${t.action}</th>
                  <th>${t.targets}</th>
                  <th>${t.outcome}</th>
                </tr>
              </thead>
              <tbody>
                ${page.items.map(auditJson).map(
                  (entry) =>
                    html`<tr>
                      <td data-label="${t.when}">${time(entry.at)}</td>
                      <td data-label="${t.actor}">${entry.actor}</td>
                      <td data-label="${t.action}">
                        <code>${entry.action}</code>
                        ${entry.note === null ? nothing : html`<div class="dim">${entry.note}</div>`}
                      </td>
                      <td data-label="${t.targets}" class="wrap">${entry.targets.join(', ') || '–'}</td>
                      <td data-label="${t.outcome}">
                        ${badge(wordOf(t, 'outcome', entry.outcome), toneOf(entry.outcome), entry.outcome)}
                        ${entry.message === null ? nothing : html`<div class="dim">${entry.message}</div>`}
                      </td>
                    </tr>`,
                )}
              </tbody>
            </table>`
      }
      ${pager(context, '/audit', page.next)}
    </section>`;
  return { title: t.audit, body };
}
