/** Why a request was not served, as RFC 9457 puts it; `code` is the stable word. */
export interface Problem {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 501 | 503;
  readonly code: string;
  readonly detail: string;
  /** Where the input is at fault, when it is. */
  readonly errors?: readonly { readonly at: string; readonly message: string }[];
}

/** What a handler gives: a value to send, or a problem to tell. */
export type Reply<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

export function reply<T>(value: T): Reply<T> {
  return { ok: true, value };
}

export function refuse(status: Problem['status'], code: string, detail: string): Reply<never> {
  return { ok: false, problem: { status, code, detail } };
}

export function problemResponse(problem: Problem, more: Readonly<Record<string, string>> = {}): Response {
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...more,
  });
  if (problem.status === 401) headers.set('www-authenticate', 'Bearer realm="dingbus"');
  if (problem.status === 429) headers.set('retry-after', '8');
  return new Response(JSON.stringify({ title: problem.code.replaceAll('_', ' '), ...problem }), {
    status: problem.status,
    headers,
  });
}
