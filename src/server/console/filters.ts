import { html, nothing, type Html } from './html.ts';
import type { PageContext } from './page.ts';

/** A form that asks by address (GET), so that a filtered list can be bookmarked and sent to somebody. */
export function filterForm(context: PageContext, path: string, fields: readonly Html[]): Html {
  const { t, query, link } = context;
  const filtered = Object.keys(query).some((name) => name !== 'cursor');
  return html`<form class="filters" method="get" action="${path}" role="search">
    ${fields}
    ${context.chosenLanguage === null ? nothing : html`<input type="hidden" name="lang" value="${context.chosenLanguage}" />`}
    <button class="button primary" type="submit">${t.filter}</button>
    ${filtered ? html`<a class="button" href="${link(path)}">${t.clear}</a>` : nothing}
  </form>`;
}

export function select(
  context: PageContext,
  name: string,
  label: string,
  values: readonly string[],
  word: (value: string) => string = (value) => value,
): Html {
  const chosen = context.query[name] ?? '';
  // A value that is gone from the configuration can still be what the list is filtered by.
  const all = chosen === '' || values.includes(chosen) ? values : [...values, chosen];
  return html`<label>
    ${label}
    <select name="${name}">
      <option value="">${context.t.any}</option>
      ${all.map(
        (value) =>
          html`<option value="${value}" ${value === chosen ? html`selected` : nothing}>
            ${word(value)}
          </option>`,
      )}
    </select>
  </label>`;
}
