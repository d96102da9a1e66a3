import type { ResultStatus } from '../../model/result.ts';
import type { StatusReport } from '../api/status.ts';
import { html, nothing, type Html } from './html.ts';
import type { PageContext } from './page.ts';
import { empty, number, toneOf } from './parts.ts';
import { wordOf } from './texts.ts';
import type { Texts } from './texts-en.ts';

type Sample = StatusReport['rates'][number];
type Counts = Readonly<Partial<Record<ResultStatus, number>>>;

/** From the bottom of a bar to its top, and from the left of the stripe to its right. */
const order: readonly ResultStatus[] = [
  'delivered',
  'accepted',
  'settled',
  'unverified',
  'unknown',
  'partial',
  'failed',
  'suppressed',
  'recalled',
];

const width = 600;
const height = 120;

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** Final results of the last minutes, one bar an interval. Colours come from the style sheet by class. */
export function outcomeBars(t: Texts, samples: readonly Sample[]): Html {
  const most = Math.max(...samples.map((sample) => sum(sample.finals)), 0);
  if (most === 0) return empty(t.noneLately);
  const step = width / samples.length;
  const total = samples.reduce((all, sample) => all + sum(sample.finals), 0);
  return html`<figure class="bars">
    <svg
      viewBox="0 0 ${width} ${height}"
      preserveAspectRatio="none"
      role="img"
      aria-label="${t.lastTenMinutes}: ${number(total)}"
    >
      ${samples.map((sample, index) => bar(sample, index * step, step, most))}
    </svg>
    <figcaption>
      <span>${t.tenMinutesAgo}</span><span>${t.most} ${number(most)} / ${samples[0]?.seconds ?? 0} s</span
      ><span>${t.now}</span>
    </figcaption>
  </figure>`;
}

function bar(sample: Sample, x: number, step: number, most: number): Html {
  let top = height;
  const parts = order.flatMap((status) => {
    const count = sample.finals[status] ?? 0;
    if (count === 0) return [];
    const tall = (count / most) * (height - 4);
    top -= tall;
    return [
      html`<rect
        class="fill-${toneOf(status)}"
        x="${(x + 1).toFixed(1)}"
        y="${top.toFixed(1)}"
        width="${(step - 2).toFixed(1)}"
        height="${tall.toFixed(1)}"
      />`,
    ];
  });
  if (parts.length === 0) return nothing;
  const words = order.flatMap((status) => {
    const count = sample.finals[status] ?? 0;
    return count === 0 ? [] : [`${status} ${count}`];
  });
  return html`<g><title>${sample.at.slice(11, 19)}Z ${words.join(', ')}</title>${parts}</g>`;
}

/** The shares of a day in one line, with a legend that leads to the notifications behind it. */
export function outcomeStripe(context: PageContext, counts: Counts): Html {
  const { t, link } = context;
  const total = sum(counts);
  if (total === 0) return empty(t.noneToday);
  let x = 0;
  const shown = order.filter((status) => (counts[status] ?? 0) > 0);
  return html`<div class="stripe">
    <p class="big">${number(total)}</p>
    <svg viewBox="0 0 ${width} 12" preserveAspectRatio="none" aria-hidden="true">
      ${shown.map((status) => {
        const share = ((counts[status] ?? 0) / total) * width;
        const left = x;
        x += share;
        return html`<rect
          class="fill-${toneOf(status)}"
          x="${left.toFixed(1)}"
          width="${share.toFixed(1)}"
          height="12"
        />`;
      })}
    </svg>
    <ul class="legend">
      ${shown.map(
        (status) =>
          html`<li>
            <a href="${link('/notifications', { status })}"
              ><i class="dot ${toneOf(status)}"></i>${wordOf(t, 'status', status)}</a
            ><b>${number(counts[status] ?? 0)}</b>
          </li>`,
      )}
    </ul>
  </div>`;
}
