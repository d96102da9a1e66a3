import type { z } from 'zod';
import { notificationFilter, notificationQuery } from '../api/read-endpoints.ts';
import { summaryJson } from '../api/present-notifications.ts';
import type { notificationSummary } from '../api/notification-schemas.ts';
import { resultStatuses, states } from '../api/schemas.ts';
import { filterForm, select } from './filters.ts';
import { html, nothing, type Html } from './html.ts';
import type { Page, PageContext } from './page.ts';
import { empty, pager, statusBadge, time } from './parts.ts';
import { wordOf } from './texts.ts';

type SummaryJson = z.output<typeof notificationSummary>;

/** All notifications, newest first, with search and filters; live while the first page is shown. */
export async function notificationsPage(context: PageContext): Promise<Page> {
  const { t, query, services } = context;
  // A filter that nobody could have chosen in the form filters nothing.
  const asked = notificationQuery.safeParse(query);
  const filter = notificationFilter(asked.success ? asked.data : { limit: 50 });
  const page = await services.ports.views.notifications(filter);
  const filtered = Object.keys(query).some((name) => name !== 'cursor');
  const configuration = services.ports.configuration.current();

  const body = html`<div class="title"><h1>${t.notifications}</h1></div>
    ${filterForm(context, '/notifications', [
      html`<label class="grow">
        ${t.search}
        <input type="search" name="search" value="${query['search'] ?? ''}" placeholder="${t.searchHint}" />
      </label>`,
      select(context, 'status', t.status, resultStatuses, (status) => wordOf(t, 'status', status)),
      select(context, 'state', t.state, states, (state) => wordOf(t, 'state', state)),
      select(
        context,
        'route',
        t.route,
        configuration.routes.map((route) => route.name),
      ),
      select(
        context,
        'app',
        t.app,
        configuration.apps.map((app) => app.name),
      ),
    ])}
    <section id="list" ${filter.cursor === null ? html`data-live` : nothing}>
      ${
        page.items.length === 0
          ? empty(filtered ? t.noNotifications : t.noNotificationsYet)
          : table(context, page.items.map(summaryJson))
      }
      ${pager(context, '/notifications', page.next)}
    </section>`;
  return { title: t.notifications, body };
}

function table(context: PageContext, rows: readonly SummaryJson[]): Html {
  const { t, link } = context;
  return html`<table class="list">
    <thead>
      <tr>
        <th>${t.received}</th>
        <th>${t.status}</th>
        <th>${t.route}</th>
        <th>${t.event}</th>
        <th>${t.template}</th>
        <th class="num">${t.people}</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            <td data-label="${t.received}">
              <a class="whole" href="${link(`/notifications/${encodeURIComponent(row.id)}`)}"
                >${time(row.received_at)}</a
              >
            </td>
            <td data-label="${t.status}">
              ${row.status === null ? wordOf(t, 'state', row.state) : statusBadge(t, row.status)}
              ${row.reason === null ? nothing : html`<code class="dim">${row.reason}</code>`}
            </td>
            <td data-label="${t.route}">${row.route}</td>
            <td data-label="${t.event}" class="cut" title="${row.event.type ?? ''}">${row.event.id}</td>
            <td data-label="${t.template}">${row.template ?? '–'}</td>
            <td data-label="${t.people}" class="num">${row.persons}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
