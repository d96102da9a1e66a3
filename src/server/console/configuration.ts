import type { z } from 'zod';
import { configurationJson, routeJson } from '../api/present.ts';
import type { fault as faultSchema, reloadReport } from '../api/schemas.ts';
import { html, nothing, type Html } from './html.ts';
import type { Page, PageContext } from './page.ts';
import { actionButton, badge, facts, time } from './parts.ts';
import { fill } from './texts.ts';
import type { Texts } from './texts-en.ts';

type Fault = z.output<typeof faultSchema>;

/** What is in force, what the last reload said, and every fault with its place in the files. */
export async function configurationPage(context: PageContext): Promise<Page> {
  const { t, services } = context;
  const { configuration } = services.ports;
  const current = configuration.current();
  const shown = configurationJson(current, configuration.lastReload());
  const last = shown.last_reload;
  const held = new Set((await services.ports.views.holds()).map(({ subject }) => subject));
  const body = html`<div class="title">
      <h1>${t.configuration}</h1>
      <div class="actions">
        ${actionButton(context, {
          label: t.reload,
          path: '/reload',
          body: {},
          confirm: t.reloadConfirm,
          tone: 'primary',
          withNote: false,
        })}
      </div>
    </div>
    <div id="reload" data-live>${last === null ? nothing : lastReload(t, last)}</div>
    ${
      shown.warnings.length === 0
        ? nothing
        : html`<section class="card">
            <h2>${t.warnings} <small>${shown.warnings.length}</small></h2>
            ${faultList(shown.warnings)}
          </section>`
    }
    <section class="card">
      <h2>${t.routes} <small>${current.routes.length}</small></h2>
      ${routes(context, held)}
    </section>
    <section class="card">
      <h2>${t.inForce}</h2>
      ${facts([
        [t.configHash, html`<code>${shown.hash}</code> ${t.loaded} ${time(shown.loaded_at)}`],
        [t.source, html`<code>${shown.path}</code>`],
        [t.topics, chips(shown.topics)],
        [t.apps, chips(shown.apps.map((app) => `${app.name} (${app.agent_id})`))],
        [t.templates, chips(shown.templates)],
        [t.groups, chips(shown.groups)],
      ])}
    </section>`;
  return { title: t.configuration, body };
}

function lastReload(t: Texts, last: z.output<typeof reloadReport>): Html {
  const errors = last.faults.filter((fault) => fault.severity === 'error');
  return html`<section class="card">
    <h2>${t.lastReload}</h2>
    <p>${badge(last.ok ? t.reloadOk : t.reloadFailed, last.ok ? 'good' : 'bad')} ${time(last.at)}</p>
    ${errors.length === 0 ? nothing : faultList(errors)}
    ${last.needs_restart.length === 0 ? nothing : html`<p>${t.needsRestart}: ${chips(last.needs_restart)}</p>`}
  </section>`;
}

function faultList(faults: readonly Fault[]): Html {
  return html`<ul class="faults">
    ${faults.map(
      (fault) =>
        html`<li class="${fault.severity === 'error' ? 'bad' : 'warn'}">
          <code>${fault.file}:${fault.line}:${fault.col}</code> <code class="dim">${fault.code}</code>
          <p>${fault.message}</p>
          ${fault.remedy === null ? nothing : html`<p class="dim">${fault.remedy}</p>`}
        </li>`,
    )}
  </ul>`;
}

function routes(context: PageContext, held: ReadonlySet<string>): Html {
  const { t, link } = context;
  const all = context.services.ports.configuration.current().routes.map(routeJson);
  return html`<table class="list">
    <thead>
      <tr>
        <th>${t.route}</th>
        <th>${t.topic}</th>
        <th>${t.type}</th>
        <th>${t.template}</th>
        <th>${t.app}</th>
        <th aria-label="${t.pause}"></th>
      </tr>
    </thead>
    <tbody>
      ${all.map(
        (route) =>
          html`<tr>
            <td data-label="${t.route}">
              <a href="${link('/notifications', { route: route.name })}">${route.name}</a>
              ${route.enabled ? nothing : badge(t.disabled, 'quiet')}
              ${held.has(`route:${route.name}`) ? badge(t.paused, 'warn') : nothing}
              ${route.description === null ? nothing : html`<div class="dim">${route.description}</div>`}
              <div class="dim"><code>${route.file}:${route.line}</code></div>
            </td>
            <td data-label="${t.topic}">${route.on.join(', ')}</td>
            <td data-label="${t.type}">${route.type?.join(', ') ?? t.any}</td>
            <td data-label="${t.template}">${route.template ?? '–'}</td>
            <td data-label="${t.app}">${route.app}</td>
            <td>${stopOrResume(context, route.name, held.has(`route:${route.name}`))}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function stopOrResume(context: PageContext, route: string, held: boolean): Html {
  const { t } = context;
  const subject = `route:${route}`;
  return actionButton(context, {
    label: held ? t.resume : t.pause,
    path: held ? '/resume' : '/pause',
    body: { subject },
    confirm: fill(held ? t.resumeConfirm : t.pauseConfirm, { subject }),
  });
}

function chips(values: readonly string[]): Html | null {
  return values.length === 0
    ? null
    : html`${values.map((value) => html`<span class="chip">${value}</span>`)}`;
}
