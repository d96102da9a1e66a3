import { html } from 'hono/html';
import type { Control } from '../control.ts';
import { faultNames } from '../faults.ts';
import { nothing, type Markup } from './markup.ts';
import { fullTime } from './times.ts';
import type { Words } from './words.ts';

/** The right side: time, faults, what broke the documentation, numbers. */
export function panelView(control: Control, words: Words): Markup {
  const stats = control.stats();
  return html`<section>
      <h2>${words.clock}</h2>
      <p class="clock">${fullTime(stats.now)} <small>UTC+8</small></p>
      <p class="row">
        <button data-advance="60000">${words.minute}</button>
        <button data-advance="3600000">${words.hour}</button>
        <button data-advance="86400000">${words.day}</button>
      </p>
    </section>
    <section>
      <h2>${words.faults}</h2>
      <p class="row wrap">${faultNames.map((name) => faultButton(name, control))}</p>
    </section>
    <section>
      <h2>${words.violations}</h2>
      ${violations(control, words)}
    </section>
    <section>
      <h2>${words.stats}</h2>
      <dl>
        <dt>${words.calls}</dt>
        <dd>${stats.calls}</dd>
        <dt>${words.tasks}</dt>
        <dd>${stats.tasks}</dd>
        <dt>${words.monthly}</dt>
        <dd>${stats.callsThisMonth} / ${control.limits().callsPerMonth ?? '∞'}</dd>
      </dl>
      <table>
        ${Object.entries(stats.codes).map(
          ([operation, codes]) =>
            html`<tr>
              <th>${operation}</th>
              <td>
                ${Object.entries(codes).map(([code, count]) => html`<code class="${code === '0' ? '' : 'bad'}">${code} × ${count}</code> `)}
              </td>
            </tr>`,
        )}
      </table>
      <p class="row"><button data-reset class="danger">${words.reset}</button></p>
    </section>`;
}

function faultButton(name: string, control: Control): Markup {
  const active = control.faults().filter((fault) => fault.spec.name === name);
  const struck = active.reduce((sum, fault) => sum + fault.struck, 0);
  return html`<button
    class="chip"
    data-fault="${name}"
    aria-pressed="${active.length > 0 ? 'true' : 'false'}"
  >
    ${name}${struck > 0 ? html` <b>${struck}</b>` : nothing}
  </button>`;
}

function violations(control: Control, words: Words): Markup {
  const newest = control.violations({ advice: true }).slice(-30).reverse();
  if (newest.length === 0) return html`<p class="good">✓ ${words.noViolations}</p>`;
  return html`<ul class="violations">
    ${newest.map(
      (one) =>
        html`<li class="${one.kind === 'advice' || one.kind === 'limit' ? 'mild' : ''}">
          <b>${one.operation ?? '?'}</b>
          <i>${one.kind === 'advice' ? words.advice : one.kind}</i> ${one.detail}
        </li>`,
    )}
  </ul>`;
}
