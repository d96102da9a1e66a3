/**
 * The HTTP requests of every operation. The token stands in the query, where the old API reads it (PROBE; the header
 * of the new API is ignored there), so an address is as secret as the token.
 */
import type { SendAudience } from './client-types.ts';
import type { TransportRequest } from './transport.ts';

/**
 * How arguments travel. `form`: the way of the documentation's own examples (K769), `msg` as JSON text in a form.
 * `json`: the way of the official Java SDK, `msg` as an object in a JSON body. DingTalk takes both.
 */
export type Encoding = 'form' | 'json';

export interface RequestOptions {
  /** Base address of the old API, without a trailing slash. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly encoding: Encoding;
}

/** Arguments by name; `json` marks a value that is JSON text already. */
export type Arguments = Readonly<Record<string, string | { readonly json: string }>>;

/** A POST to an old API, arguments in the configured encoding. */
export function post(
  options: RequestOptions,
  path: string,
  token: string,
  args: Arguments,
): TransportRequest {
  const form = options.encoding === 'form';
  return {
    method: 'POST',
    url: `${options.baseUrl}${path}?access_token=${encodeURIComponent(token)}`,
    headers: {
      'content-type': form
        ? 'application/x-www-form-urlencoded;charset=utf-8'
        : 'application/json;charset=utf-8',
      accept: 'application/json',
    },
    body: form ? formBody(args) : jsonBody(args),
    timeoutMs: options.timeoutMs,
  };
}

export function get(
  options: Pick<RequestOptions, 'baseUrl' | 'timeoutMs'>,
  path: string,
  query: Readonly<Record<string, string>>,
): TransportRequest {
  const url = `${options.baseUrl}${path}?${new URLSearchParams(query).toString()}`;
  return {
    method: 'GET',
    url,
    headers: { accept: 'application/json' },
    body: null,
    timeoutMs: options.timeoutMs,
  };
}

export function postJson(url: string, body: object, timeoutMs: number): TransportRequest {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json;charset=utf-8', accept: 'application/json' },
    body: JSON.stringify(body),
    timeoutMs,
  };
}

/** The arguments of `asyncsend_v2`. What does not apply is left out: an empty list is a system error there. */
export function sendArguments(agentId: number, audience: SendAudience, body: string): Arguments {
  return { agent_id: String(agentId), ...audienceArguments(audience), msg: { json: body } };
}

function audienceArguments(audience: SendAudience): Arguments {
  switch (audience.kind) {
    case 'users':
      return { userid_list: audience.userids.join(',') };
    case 'departments':
      return { dept_id_list: audience.deptIds.join(',') };
    case 'everyone':
      // A form takes the words true and false only (007gzs/dingtalk-sdk#37, #39).
      return { to_all_user: 'true' };
  }
}

function formBody(args: Arguments): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(args))
    form.set(name, typeof value === 'string' ? value : value.json);
  return form.toString();
}

/** Texts are spliced in, not parsed and written anew, so that `msg` goes out byte for byte. */
function jsonBody(args: Arguments): string {
  const members = Object.entries(args).map(
    ([name, value]) =>
      `${JSON.stringify(name)}:${typeof value === 'string' ? JSON.stringify(value) : value.json}`,
  );
  return `{${members.join(',')}}`;
}
