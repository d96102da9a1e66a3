import type { z } from 'zod';
import type { notificationDetail } from '../api/notification-schemas.ts';
import { html, nothing, type Html } from './html.ts';
import { badge, statusBadge, time, toneOf, type Tone } from './parts.ts';
import { wordOf } from './texts.ts';
import type { Texts } from './texts-en.ts';

type Detail = z.output<typeof notificationDetail>;

interface Step {
  /** ISO 8601; null = this is how it stands now, at the end. */
  readonly at: string | null;
  readonly tone: Tone;
  readonly title: Html | string;
  readonly detail: Html;
}

/** Event → plan → call → results, in the order in which they happened. */
export function timeline(t: Texts, one: Detail): Html {
  const steps = [...origin(t, one), ...calls(t, one), ...results(t, one)];
  // The sort is stable: what happened in the same millisecond stays in the order of cause and effect.
  const ordered = steps.toSorted((a, b) => order(a) - order(b));
  return html`<ol class="timeline">
    ${ordered.map(
      (step) =>
        html`<li class="${step.tone}">
          <div class="when">${step.at === null ? t.stepNow : time(step.at)}</div>
          <div>
            <strong>${step.title}</strong>
            <div class="dim">${step.detail}</div>
          </div>
        </li>`,
    )}
  </ol>`;
}

function order(step: Step): number {
  return step.at === null ? Number.POSITIVE_INFINITY : Date.parse(step.at);
}

function origin(t: Texts, one: Detail): readonly Step[] {
  const { event } = one;
  const audience = [
    one.people.length === 0 ? null : `${one.people.length} ${t.recipients}`,
    one.audience.dept_ids.length === 0 ? null : `${one.audience.dept_ids.length} ${t.department}`,
    one.audience.everyone ? t.everyone : null,
  ].filter((text) => text !== null);
  const steps: Step[] = [
    {
      at: one.received_at,
      tone: 'plain',
      title: t.stepPlanned,
      detail: html`${one.route} · ${one.template ?? ''} · ${audience.join(', ') || t.nobody}`,
    },
  ];
  // A publisher's clock may run ahead of ours; an event is never shown after what followed from it.
  if (event.time !== null) {
    steps.unshift({
      at: event.time < one.received_at ? event.time : one.received_at,
      tone: 'plain',
      title: t.stepPublished,
      detail: html`${event.type ?? event.source} · <code>${event.id}</code>`,
    });
  }
  if (one.state === 'waiting' && one.due_at > one.received_at) {
    steps.push({ at: null, tone: 'info', title: html`${t.stepWaits} ${time(one.due_at)}`, detail: html`` });
  }
  return steps;
}

function calls(t: Texts, one: Detail): readonly Step[] {
  return one.calls.map((call) => {
    const accepted = call.accepted_at !== null;
    const shared =
      call.shared_with === 0 ? nothing : html` · ${t.sharedWith} ${call.shared_with} ${t.others}`;
    const checks = call.checks === 0 ? nothing : html` · ${t.checked} ${call.checks} ${t.times}`;
    const task = call.task_id === null ? nothing : html`${t.task} <code>${call.task_id}</code> · `;
    return {
      at: call.accepted_at,
      tone: accepted ? 'info' : call.state === 'held' ? 'warn' : 'plain',
      title: accepted ? t.stepAccepted : html`${t.stepCall}: ${call.state}`,
      detail: html`${task}${call.attempts} ${t.attempts}${shared}${checks}`,
    };
  });
}

function results(t: Texts, one: Detail): readonly Step[] {
  return one.results.map((result) => {
    const kind = result.final ? t.final : result.amendment ? t.amendment : t.interim;
    const counts = Object.entries(result.counts)
      .filter(([, count]) => count > 0)
      .map(([status, count]) => `${wordOf(t, 'person', status)} ${count}`);
    const published =
      result.published_at === null
        ? badge(t.unpublishedYet, 'warn')
        : html`${t.published} ${time(result.published_at)}`;
    return {
      at: result.occurred_at,
      tone: toneOf(result.status),
      title: html`${statusBadge(t, result.status)}
      ${result.reason === null ? nothing : html`<code>${result.reason}</code>`}`,
      detail: html`${kind}${counts.length === 0 ? '' : ` · ${counts.join(', ')}`} · ${published}
      ${result.deferred_until === null ? nothing : html` · ${t.stepWaits} ${time(result.deferred_until)}`}
      ${result.error === null ? nothing : html`<br /><code>${result.error.code}</code> ${result.error.message}`}`,
    };
  });
}
