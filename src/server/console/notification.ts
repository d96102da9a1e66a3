import type { z } from 'zod';
import type { delivery as deliverySchema, notificationDetail } from '../api/notification-schemas.ts';
import { detailJson } from '../api/present-notifications.ts';
import { card } from './card.ts';
import { html, nothing, type Html } from './html.ts';
import type { Page, PageContext } from './page.ts';
import { actionButton, empty, facts, statusBadge } from './parts.ts';
import { fill, wordOf } from './texts.ts';
import { timeline } from './timeline.ts';

type Detail = z.output<typeof notificationDetail>;
type Delivery = z.output<typeof deliverySchema>;

/** One notification from its event to its last result: what happened, to whom, and what can be done. */
export async function notificationPage(context: PageContext): Promise<Page> {
  const { t, params, services, link } = context;
  const found = await services.ports.views.notification(params['id'] ?? '');
  if (found === null) return missingPage(context);
  const one = detailJson(found);
  const held = new Set(one.calls.filter((call) => call.state === 'held').flatMap((call) => call.parts));

  const body = html`<p class="crumbs"><a href="${link('/notifications')}">${t.notifications}</a></p>
    <div class="title" id="head" data-live>
      <div>
        <h1>${one.route}</h1>
        <p>
          ${one.status === null ? wordOf(t, 'state', one.state) : statusBadge(t, one.status)}
          ${one.reason === null ? nothing : html`<code>${one.reason}</code>`}
          <code class="dim">${one.id}</code>
        </p>
      </div>
      <div class="actions">
        ${
          one.recall_requested
            ? html`<span class="dim">${t.recallRequested}</span>`
            : actionButton(context, {
                label: t.recall,
                path: '/recall',
                body: { notification_ids: [one.id] },
                confirm: t.recallConfirm,
                tone: 'danger',
              })
        }
      </div>
    </div>
    ${one.deliveries
      .filter((delivery) => held.has(delivery.part))
      .map((delivery) => heldNotice(context, delivery))}
    <div class="columns wide-left">
      <div>
        <section class="card" id="timeline" data-live>
          <h2>${t.timeline}</h2>
          ${timeline(t, one)}
        </section>
        <section class="card" id="people" data-live>
          <h2>${t.people} <small>${one.people.length}</small></h2>
          ${people(context, one)}
        </section>
      </div>
      <div>
        <section class="card">
          <h2>${t.message}</h2>
          ${one.message === null ? empty(t.noMessage) : card(t, one.message, one.app)}
        </section>
        <section class="card">
          <h2>${t.details}</h2>
          ${details(context, one)}
        </section>
      </div>
    </div>`;
  return { title: one.route, body };
}

export function missingPage({ t }: PageContext): Page {
  const body = html`<section class="locked">
    <h1>${t.notFound}</h1>
    <p>${t.notFoundDetail}</p>
  </section>`;
  return { title: t.notFound, body, status: 404 };
}

function heldNotice(context: PageContext, delivery: Delivery): Html {
  const { t } = context;
  const settlements = [
    ['sent', t.resolveSent],
    ['resend', t.resolveResend],
    ['drop', t.resolveDrop],
  ] as const;
  return html`<div class="banner warn">
    <div>
      <strong>${t.resolve}</strong> <code>${delivery.id}</code>
      <p>${t.heldDelivery}</p>
    </div>
    <div class="actions">
      ${settlements.map(([settlement, label]) =>
        actionButton(context, {
          label,
          path: `/deliveries/${encodeURIComponent(delivery.id)}/resolve`,
          body: { settlement },
          confirm: fill(t.resolveConfirm, { id: delivery.id, settlement: label }),
        }),
      )}
    </div>
  </div>`;
}

function people(context: PageContext, one: Detail): Html {
  const { t } = context;
  const departments = one.audience.dept_ids;
  if (one.audience.everyone) return html`<p>${t.everyone}</p>`;
  return html`${
    departments.length === 0
      ? nothing
      : html`<p>${t.department} ${departments.map((id) => html`<code>${id}</code> `)}</p>`
  }
  ${
    one.people.length === 0
      ? nothing
      : html`<table class="list">
          <thead>
            <tr>
              <th>${t.who}</th>
              <th>${t.status}</th>
              <th>${t.reason}</th>
              <th class="num">${t.part}</th>
            </tr>
          </thead>
          <tbody>
            ${one.people.map(
              (person) =>
                html`<tr>
                  <td data-label="${t.who}">
                    ${person.userid ?? ''}
                    ${person.mobile === null ? nothing : html`<span class="dim">${person.mobile}</span>`}
                  </td>
                  <td data-label="${t.status}">${statusBadge(t, person.status, 'person')}</td>
                  <td data-label="${t.reason}">
                    ${person.reason === null ? nothing : html`<code>${person.reason}</code>`}
                    ${person.code === null ? nothing : html`<code class="dim">${person.code}</code>`}
                  </td>
                  <td data-label="${t.part}" class="num">${person.part ?? '–'}</td>
                </tr>`,
            )}
          </tbody>
        </table>`
  }`;
}

function details(context: PageContext, one: Detail): Html {
  const { t, link } = context;
  const explorable = context.services.ports.rules.explainRecorded !== null;
  return html`${facts([
    [t.event, html`<code>${one.event.id}</code>`],
    [t.source, one.event.source],
    [t.type, one.event.type],
    [t.position, `${one.event.topic} / ${one.event.partition} / ${one.event.offset}`],
    [t.key, one.event.key],
    [t.template, one.template],
    [t.app, one.app],
    [t.agent, String(one.agent_id)],
    [t.configHash, html`<code>${one.config_hash}</code>`],
    [t.digestOf, one.digest_size === null ? null : String(one.digest_size)],
    [t.error, one.error === null ? null : html`<code>${one.error.code}</code> ${one.error.message}`],
    [
      t.related,
      one.related === null
        ? null
        : html`<a href="${link(`/notifications/${encodeURIComponent(one.related)}`)}">${one.related}</a>`,
    ],
    [
      t.deadLetters,
      one.dead_letters.length === 0
        ? null
        : html`${one.dead_letters.map(
            (id) => html`<a href="${link(`/dead-letters/${encodeURIComponent(id)}`)}">${id}</a> `,
          )}`,
    ],
  ])}
  ${
    explorable
      ? html`<p><a href="${link('/explorer', { recorded: one.id })}">${t.explainAgain}</a></p>`
      : nothing
  }`;
}
