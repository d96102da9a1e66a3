import { html } from 'hono/html';

export { html };

/** Escaped markup; every value put into `html` is escaped unless it is `Html` itself. */
export type Html = ReturnType<typeof html>;

export const nothing: Html = html``;
