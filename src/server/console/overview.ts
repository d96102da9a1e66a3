import type { z } from 'zod';
import { quotaJson } from '../api/present.ts';
import type { hold as holdSchema } from '../api/schemas.ts';
import { statusOf, type StatusReport } from '../api/status.ts';
import type { QuotaView } from '../ports.ts';
import { outcomeBars, outcomeStripe } from './charts.ts';
import { quotaGauge } from './gauge.ts';
import { html, nothing, type Html } from './html.ts';
import type { Page, PageContext } from './page.ts';
import { actionButton, age, badge, empty, number, time } from './parts.ts';
import { fill } from './texts.ts';

type HoldJson = z.output<typeof holdSchema>;

/** Whether messages flow, how many, what stands in their way: one look, kept up to date. */
export async function overviewPage(context: PageContext): Promise<Page> {
  const { t, services } = context;
  const [status, quotas] = await Promise.all([statusOf(services), services.ports.views.quotas()]);
  const { holds } = status;
  const everythingHeld = holds.some((one) => one.subject === '*');
  const body = html`<div class="title">
      <h1>${t.overview}</h1>
      <div id="stop" data-live class="actions">
        ${
          everythingHeld
            ? nothing
            : actionButton(context, {
                label: t.pauseAll,
                path: '/pause',
                body: { subject: '*' },
                confirm: fill(t.pauseConfirm, { subject: t.everything }),
                tone: 'danger',
              })
        }
      </div>
    </div>
    <div id="readiness" data-live>${readiness(context, status)}</div>
    <section id="numbers" data-live class="tiles" aria-label="${t.overview}">
      ${tiles(context, status)}
    </section>
    <div class="columns wide-left">
      <section class="card" id="lately" data-live>
        <h2>${t.lastTenMinutes}</h2>
        ${outcomeBars(t, status.rates)}
      </section>
      <section class="card" id="today" data-live>
        <h2>${t.today} <small>${t.todayDetail}</small></h2>
        ${outcomeStripe(context, status.today)}
      </section>
    </div>
    <section class="card" id="quotas" data-live>
      <h2>${t.quotas}</h2>
      ${quotas.length === 0 ? empty(t.noQuotas) : quotaGroups(context, quotas, holds)}
    </section>
    <div class="columns">
      <section class="card" id="holds" data-live>
        <h2>${t.holds}</h2>
        ${
          holds.length === 0
            ? empty(t.noHolds)
            : html`<ul class="rows">
                ${holds.map((one) => holdRow(context, one))}
              </ul>`
        }
      </section>
      <section class="card" id="last-reload" data-live>
        <h2>${t.lastReload}</h2>
        ${reloadSummary(context, status)}
      </section>
    </div>`;
  return { title: t.overview, body };
}

function readiness({ t, link }: PageContext, status: StatusReport): Html {
  const told = status.components.filter((component) => !component.ok || component.reason !== null);
  return html`<div class="banner ${status.ready ? 'good' : 'bad'}">
      <strong>${status.ready ? t.ready : t.notReady}</strong>
      ${
        told.length === 0
          ? html`<span class="dim"
              >${status.components.map((component) => component.component).join(' · ')}</span
            >`
          : html`<ul>
              ${told.map(
                (component) =>
                  html`<li><code>${component.component}</code> ${component.reason ?? t.notReady}</li>`,
              )}
            </ul>`
      }
    </div>
    ${
      status.held === 0
        ? nothing
        : html`<div class="banner warn">
            <span><strong>${number(status.held)}</strong> ${t.needsPerson}</span>
            <a class="button" href="${link('/notifications', { status: 'unknown' })}">${t.look}</a>
          </div>`
    }`;
}

function tiles(context: PageContext, status: StatusReport): Html {
  const { t } = context;
  const lastMinute = status.rates.slice(-7, -1);
  const seconds = lastMinute.reduce((sum, sample) => sum + sample.seconds, 0);
  const consumed = lastMinute.reduce((sum, sample) => sum + sample.consumed, 0);
  const planned = lastMinute.reduce((sum, sample) => sum + sample.notifications, 0);
  const oldest = status.oldest_received_at;
  return html`
    ${tile(t.eventsPerSecond, number(seconds === 0 ? 0 : consumed / seconds), t.thisInstance)}
    ${tile(t.notificationsPerMinute, number(seconds === 0 ? 0 : (planned / seconds) * 60), t.thisInstance)}
    ${tile(t.backlog, `${number(status.waiting)} / ${number(status.active)}`, t.backlogDetail)}
    ${tile(t.oldest, oldest === null ? '–' : age(Date.parse(status.now) - Date.parse(oldest)), t.oldestDetail)}
    ${tile(t.unpublished, number(status.unpublished), t.unpublishedDetail)}
    ${tile(t.lag, status.lag === null ? t.unknownNumber : number(status.lag), t.lagDetail)}
  `;
}

function tile(label: string, value: string, detail: string): Html {
  return html`<div class="tile">
    <span>${label}</span><b>${value}</b>${detail === '' ? nothing : html`<small>${detail}</small>`}
  </div>`;
}

function quotaGroups(context: PageContext, quotas: readonly QuotaView[], holds: readonly HoldJson[]): Html {
  const held = new Set(holds.map((one) => one.subject));
  const apps = [...new Set(quotas.map((one) => one.app))];
  return html`${apps.map(
    (app) =>
      html`<div class="group">
          <h3>${app}</h3>
          ${held.has(app) ? nothing : pauseButton(context, app)}
        </div>
        <div class="gauges">
          ${quotas
            .filter((one) => one.app === app)
            .map((one) => quotaGauge(context.t, quotaJson(one), one.warnAt))}
        </div>`,
  )}`;
}

function pauseButton(context: PageContext, app: string): Html {
  const { t } = context;
  return actionButton(context, {
    label: t.pause,
    path: '/pause',
    body: { subject: app },
    confirm: fill(t.pauseConfirm, { subject: app }),
  });
}

function holdRow(context: PageContext, one: HoldJson): Html {
  const { t } = context;
  return html`<li>
    <div>
      <strong>${one.subject === '*' ? t.everything : one.subject}</strong> ${badge(one.reason, 'warn')}
      ${one.detail === null ? nothing : html`<p>${one.detail}</p>`}
      <p class="dim">
        ${t.since} ${time(one.since)} ·
        ${one.until === null ? t.untilReleased : html`${t.until} ${time(one.until)}`}
      </p>
    </div>
    ${actionButton(context, {
      label: t.resume,
      path: '/resume',
      body: { subject: one.subject },
      confirm: fill(t.resumeConfirm, { subject: one.subject === '*' ? t.everything : one.subject }),
    })}
  </li>`;
}

function reloadSummary(context: PageContext, status: StatusReport): Html {
  const { t, link } = context;
  const last = status.last_reload;
  const errors = last?.faults.filter((fault) => fault.severity === 'error').length ?? 0;
  return html`<div class="rows">
    ${
      last === null
        ? html`<p>${t.noReload}</p>`
        : html`<p>
              ${badge(last.ok ? t.reloadOk : t.reloadFailed, last.ok ? 'good' : 'bad')} ${time(last.at)}
            </p>
            ${errors === 0 ? nothing : html`<p><a href="${link('/configuration')}">${t.faults}: ${errors}</a></p>`}`
    }
    <p class="dim">${t.inForce} <code>${status.config_hash}</code></p>
    ${actionButton(context, {
      label: t.reload,
      path: '/reload',
      body: {},
      confirm: t.reloadConfirm,
      withNote: false,
    })}
  </div>`;
}
