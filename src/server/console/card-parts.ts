import { html, nothing, type Html } from './html.ts';

/** The value as an object with text keys; an empty one when it is anything else. */
export function plain(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Readonly<Record<string, unknown>>;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** The buttons of an action card: one, or several side by side (`btn_orientation` 1) or one below the other. */
export function buttons(fields: Readonly<Record<string, unknown>>): Html {
  const single = textOf(fields['single_title']);
  const many = listOf(fields['btn_json_list']).map(plain);
  if (single !== '') {
    const address = textOf(fields['single_url']);
    return html`<div class="card-buttons"><span title="${address}">${single}</span></div>
      <div class="address">${address}</div>`;
  }
  if (many.length === 0) return nothing;
  const beside = textOf(fields['btn_orientation']) === '1';
  return html`<div class="card-buttons ${beside ? 'beside' : ''}">
      ${many.map((one) => html`<span title="${textOf(one['action_url'])}">${textOf(one['title'])}</span>`)}
    </div>
    ${many.map((one) => html`<div class="address">${textOf(one['action_url'])}</div>`)}`;
}
