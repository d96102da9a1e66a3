import type { z } from 'zod';
import type { explanation as explanationSchema } from '../api/schemas.ts';
import { presentable } from '../masking.ts';
import { card } from './card.ts';
import { html, nothing, type Html } from './html.ts';
import type { Page, PageContext } from './page.ts';
import { badge, empty, facts, toneOf } from './parts.ts';
import { wordOf } from './texts.ts';
import type { Texts } from './texts-en.ts';
import { explanationJson } from '../api/present-rules.ts';

type ExplanationJson = z.output<typeof explanationSchema>;
type RouteJson = ExplanationJson['routes'][number];
type PlannedJson = RouteJson['notifications'][number];

/** Pick or paste an event, and see which routes match and why; the script asks for the answer below the form. */
export async function explorerPage(context: PageContext): Promise<Page> {
  const { t, query, services, link } = context;
  const { samples } = services.ports.configuration.current();
  const recorded = query['recorded'] === undefined ? null : await openRecorded(context, query['recorded']);
  const event = recorded?.event ?? samples[0]?.event ?? { data: {}, meta: { topic: '' } };
  const body = html`<div class="title"><h1>${t.explorer}</h1></div>
    <p class="dim">${t.explorerIntro}</p>
    <div class="columns explorer">
      <form id="explorer" class="card" method="post" action="${link('/explorer')}">
        <label>
          ${t.sample}
          <select id="samples">
            <option value="">${t.ownEvent}</option>
            ${samples.map(
              (sample, index) =>
                html`<option
                  value="${pretty(sample.event)}"
                  ${recorded === null && index === 0 ? html`selected` : nothing}
                >
                  ${sample.name}
                </option>`,
            )}
          </select>
        </label>
        <label class="tall">
          ${t.eventJson}
          <textarea name="event" rows="18" spellcheck="false" autocapitalize="off">${pretty(event)}</textarea>
        </label>
        <div class="actions"><button class="button primary" type="submit">${t.explain}</button></div>
      </form>
      <div id="explanation" aria-live="polite">${recorded?.answer ?? nothing}</div>
    </div>`;
  return { title: t.explorer, body };
}

async function openRecorded(
  context: PageContext,
  id: string,
): Promise<{ readonly event: unknown; readonly answer: Html }> {
  const { t, services } = context;
  const open = services.ports.rules.explainRecorded;
  if (open === null) return { event: null, answer: refusal(t.explorerUnavailable) };
  const answer = await open(id);
  if (!answer.ok) return { event: null, answer: refusal(answer.message) };
  return {
    event: answer.value.event,
    answer: explanationView(t, explanationJson(answer.value.explanation)),
  };
}

/** Masked, so an event opened from the ledger shows no mobile number; a pasted one is the reader's own. */
function pretty(event: unknown): string {
  return JSON.stringify(presentable(event), null, 2);
}

export function refusal(message: string): Html {
  return html`<div class="banner bad" role="alert"><span>${message}</span></div>`;
}

/** The answer: every route in the order of evaluation, those that matched opened. */
export function explanationView(t: Texts, explanation: ExplanationJson): Html {
  const { event, routes, signals } = explanation;
  const matched = routes.filter((route) => route.verdict === 'matched').length;
  return html`<p class="summary">
      <b>${matched}</b> ${t.of} ${routes.length} ${t.matchedRoutes}
      <span class="dim">${event.type ?? event.source} · <code>${event.id}</code></span>
    </p>
    ${routes.map((route) => routeView(t, route))}
    ${
      signals.length === 0
        ? nothing
        : html`<section class="card">
            <h2>${t.signals}</h2>
            <ul>
              ${signals.map(
                (signal) =>
                  html`<li>
                    ${signal.kind === 'recall' ? t.signalRecall : t.signalUpdate} <b>${signal.route}</b>
                    <code>${signal.correlation}</code>
                  </li>`,
              )}
            </ul>
          </section>`
    }`;
}

function routeView(t: Texts, route: RouteJson): Html {
  const open = route.verdict === 'matched' || route.verdict === 'failed';
  return html`<details class="card route ${toneOf(route.verdict)}" ${open ? html`open` : nothing}>
    <summary>
      <b>${route.route}</b> ${badge(wordOf(t, 'verdict', route.verdict), toneOf(route.verdict))}
    </summary>
    ${
      route.checks.length === 0
        ? nothing
        : html`<ul class="checks">
            ${route.checks.map(
              (check) =>
                html`<li class="${check.ok ? 'good' : 'bad'}">
                  <code>${check.clause}</code
                  ><span
                    >${check.detail}${
                      check.ok || check.values.length === 0
                        ? nothing
                        : html` (${check.values.map(({ expression, value }) => `${expression} = ${value}`).join('; ')})`
                    }</span
                  >
                </li>`,
            )}
          </ul>`
    }
    ${route.notifications.map((planned) => plannedView(t, planned))}
  </details>`;
}

function plannedView(t: Texts, planned: PlannedJson): Html {
  const { audience, cost } = planned;
  const chips = [
    ...audience.userids,
    ...audience.mobiles,
    ...audience.dept_ids.map((id) => `${t.department} ${id}`),
    ...(audience.everyone ? [t.everyone] : []),
  ];
  const costs = [
    `${cost.calls} ${t.calls}`,
    `${cost.recipients} ${t.recipients}`,
    ...(cost.broadcasts === 0 ? [] : [`${cost.broadcasts} ${t.broadcast}`]),
  ];
  return html`<div class="planned">
    ${facts([
      [
        t.audience,
        chips.length === 0 ? t.nobody : html`${chips.map((chip) => html`<span class="chip">${chip}</span>`)}`,
      ],
      [t.cost, costs.join(' · ')],
      [t.verdict, planned.outcome],
      [t.template, planned.template],
      [t.app, planned.app],
    ])}
    ${
      planned.failure === null
        ? nothing
        : html`<div class="banner bad">
            <code>${planned.failure.reason}</code> ${planned.failure.message}
          </div>`
    }
    ${
      planned.message === null
        ? planned.failure === null
          ? empty(t.noMessage)
          : nothing
        : card(t, planned.message, planned.app)
    }
  </div>`;
}
