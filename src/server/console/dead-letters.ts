import type { z } from 'zod';
import { deadLetterDetailJson, deadLetterJson } from '../api/present-dead-letters.ts';
import { deadLetterFilter, deadLetterQuery } from '../api/read-endpoints.ts';
import { stages, type deadLetterDetail, type deadLetterSummary } from '../api/schemas.ts';
import { filterForm, select } from './filters.ts';
import { html, nothing, type Html } from './html.ts';
import { missingPage } from './notification.ts';
import type { Page, PageContext } from './page.ts';
import { actionButton, badge, empty, facts, pager, time } from './parts.ts';
import { fill, wordOf } from './texts.ts';

type Summary = z.output<typeof deadLetterSummary>;
type Detail = z.output<typeof deadLetterDetail>;

/** Records and notifications that could not become what was meant, with a way to send them again. */
export async function deadLettersPage(context: PageContext): Promise<Page> {
  const { t, query, services, canChange } = context;
  const asked = deadLetterQuery.safeParse(query);
  const filter = deadLetterFilter(asked.success ? asked.data : { limit: 50 });
  const page = await services.ports.views.deadLetters(filter);
  const body = html`<div class="title">
      <h1>${t.deadLetters}</h1>
      <div class="actions">
        <button
          class="button primary"
          type="button"
          data-redrive-selected
          data-confirm="${t.redriveConfirm}"
          disabled
          title="${canChange ? '' : t.changesOff}"
        >
          ${t.redriveSelected}
        </button>
      </div>
    </div>
    ${filterForm(context, '/dead-letters', [
      select(context, 'stage', t.stage, stages, (stage) => wordOf(t, 'stage', stage)),
      select(
        context,
        'route',
        t.route,
        services.ports.configuration.current().routes.map((route) => route.name),
      ),
      html`<label>${t.reason}<input name="reason" value="${query['reason'] ?? ''}" /></label>`,
    ])}
    <section id="list">
      ${page.items.length === 0 ? empty(t.noDeadLetters) : table(context, page.items.map(deadLetterJson))}
      ${pager(context, '/dead-letters', page.next)}
    </section>`;
  return { title: t.deadLetters, body };
}

function table(context: PageContext, rows: readonly Summary[]): Html {
  const { t, link, canChange } = context;
  return html`<table class="list">
    <thead>
      <tr>
        <th>
          <input
            type="checkbox"
            data-select-all
            aria-label="${t.selectAll}"
            ${canChange ? nothing : html`disabled`}
          />
        </th>
        <th>${t.when}</th>
        <th>${t.stage}</th>
        <th>${t.reason}</th>
        <th>${t.route}</th>
        <th>${t.position}</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            <td class="tick">
              <input
                type="checkbox"
                data-select="${row.id}"
                aria-label="${t.select} ${row.id}"
                ${canChange ? nothing : html`disabled`}
              />
            </td>
            <td data-label="${t.when}">
              <a class="whole" href="${link(`/dead-letters/${encodeURIComponent(row.id)}`)}"
                >${time(row.at)}</a
              >
            </td>
            <td data-label="${t.stage}">${badge(wordOf(t, 'stage', row.stage), 'plain')}</td>
            <td data-label="${t.reason}">
              <code>${row.reason}</code>
              <div class="dim cut" title="${row.message}">${row.message}</div>
              ${row.redriven_as.length === 0 ? nothing : badge(t.redriven, 'good', row.redriven_as.join(', '))}
            </td>
            <td data-label="${t.route}">${row.route ?? '–'}</td>
            <td data-label="${t.position}"><code>${row.topic} / ${row.partition} / ${row.offset}</code></td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

export async function deadLetterPage(context: PageContext): Promise<Page> {
  const { t, params, services, link } = context;
  const found = await services.ports.views.deadLetter(params['id'] ?? '');
  if (found === null) return missingPage(context);
  const one = deadLetterDetailJson(found.summary, found.deadLetter);
  const body = html`<p class="crumbs"><a href="${link('/dead-letters')}">${t.deadLetters}</a></p>
    <div class="title">
      <div>
        <h1>${one.reason}</h1>
        <p>${badge(wordOf(t, 'stage', one.stage), 'plain')} <code class="dim">${one.id}</code></p>
      </div>
      <div class="actions">
        ${actionButton(context, {
          label: t.redrive,
          path: '/redrive',
          body: { dead_letter_ids: [one.id] },
          confirm: fill(t.redriveConfirm, { count: '1' }),
          tone: 'primary',
        })}
      </div>
    </div>
    <div class="banner bad"><span>${one.message}</span></div>
    <div class="columns">
      <section class="card">
        <h2>${t.details}</h2>
        ${details(context, one)}
      </section>
      <section class="card">
        <h2>${t.record}</h2>
        ${record(context, one)}
      </section>
    </div>`;
  return { title: one.reason, body };
}

function details(context: PageContext, one: Detail): Html {
  const { t, link } = context;
  const explorable = context.services.ports.rules.explainRecorded !== null && one.record !== null;
  const notificationLink = (id: string): Html =>
    html`<a href="${link(`/notifications/${encodeURIComponent(id)}`)}">${id}</a> `;
  return html`${facts([
    [t.when, time(one.at)],
    [t.position, html`<code>${one.topic} / ${one.partition} / ${one.offset}</code>`],
    [t.route, one.route],
    [t.notification, one.notification_id === null ? null : notificationLink(one.notification_id)],
    [t.redriven, one.redriven_as.length === 0 ? null : html`${one.redriven_as.map(notificationLink)}`],
    [t.error, one.exception_class],
  ])}
  ${
    explorable
      ? html`<p><a href="${link('/explorer', { recorded: one.id })}">${t.explainAgain}</a></p>`
      : nothing
  }`;
}

function record({ t }: PageContext, one: Detail): Html {
  const { record } = one;
  if (record === null) return empty(t.recordGone);
  return html`${facts([
      [t.when, time(record.timestamp)],
      [t.key, record.key === null ? html`<span class="dim">null</span>` : html`<code>${record.key}</code>`],
      [t.headers, record.headers.length === 0 ? null : headers(record.headers)],
    ])}
    <h3>
      ${t.value} <small>${record.value_bytes ?? 'null'} ${record.value_bytes === null ? '' : t.bytes}</small>
    </h3>
    <pre tabindex="0">${record.value ?? 'null'}</pre>`;
}

function headers(all: readonly { readonly key: string; readonly value: string | null }[]): Html {
  return html`<ul class="plain">
    ${all.map((one) => html`<li><code>${one.key}: ${one.value ?? 'null'}</code></li>`)}
  </ul>`;
}
