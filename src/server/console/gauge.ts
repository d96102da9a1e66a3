import type { z } from 'zod';
import type { quota as quotaSchema } from '../api/schemas.ts';
import { html, nothing, type Html } from './html.ts';
import { number, time } from './parts.ts';
import { wordOf } from './texts.ts';
import type { Texts } from './texts-en.ts';

const radius = 42;
const circumference = 2 * Math.PI * radius;
/** The ring is open at the bottom, like a gauge in a car. */
const arc = circumference * 0.75;

/** One quota as a gauge: the share used, the numbers, and when it starts again. */
export function quotaGauge(t: Texts, quota: z.output<typeof quotaSchema>, warnAt: number): Html {
  const { limit, used } = quota;
  const share = limit === null || limit === 0 ? 0 : Math.min(1, used / limit);
  const tone = limit === null ? 'quiet' : share >= 1 ? 'bad' : share >= warnAt ? 'warn' : 'info';
  const percent = limit === null ? '∞' : `${Math.floor(share * 100)}%`;
  const words =
    limit === null ? `${number(used)}, ${t.unlimited}` : `${number(used)} ${t.ofLimit} ${number(limit)}`;
  const name = wordOf(t, 'quota', quota.quota);
  return html`<div class="gauge">
    <svg viewBox="0 0 100 100" role="img" aria-label="${name}: ${words}">
      <g transform="rotate(135 50 50)" fill="none" stroke-width="9" stroke-linecap="round">
        <circle class="track" cx="50" cy="50" r="${radius}" stroke-dasharray="${arc} ${circumference}" />
        ${
          share === 0
            ? nothing
            : html`<circle
                class="stroke-${tone}"
                cx="50"
                cy="50"
                r="${radius}"
                stroke-dasharray="${(arc * share).toFixed(2)} ${circumference}"
              />`
        }
      </g>
      <text x="50" y="57" text-anchor="middle">${percent}</text>
    </svg>
    <div>
      <strong>${name}</strong>
      <span>${words}</span>
      <small>
        ${quota.left === null ? nothing : html`${number(quota.left)} ${t.left} · `}${
          quota.resets_at === null ? t.sliding : html`${t.resets} ${time(quota.resets_at)}`
        }
      </small>
    </div>
  </div>`;
}
