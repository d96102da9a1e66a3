import type { Operation } from './operations.ts';

/** What goes back over the wire. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What a refused request broke, for the record of violations; null when the caller did nothing wrong. */
export type Breach = 'path' | 'encoding' | 'parameter' | 'message' | 'token' | 'limit';

/**
 * A request that is not served. `gateway` refusals (token, permission, throttling) come before the API itself and
 * arrive wrapped under `/topapi`; the others come from the API and are bare everywhere.
 */
export interface Refusal {
  readonly code: number | string;
  readonly message: string;
  readonly layer: 'gateway' | 'api';
  readonly breach: Breach | null;
  /** What was wrong, in English, for the record of violations; holds no secret and no mobile number. */
  readonly detail: string;
  /** The new API's own code and HTTP status, where the refusal can happen there. */
  readonly v1?: { readonly status: number; readonly code: string; readonly message: string };
}

const json = 'application/json;charset=UTF-8';

export function apiRefusal(code: number, message: string, breach: Breach | null, detail: string): Refusal {
  return { code, message, layer: 'api', breach, detail };
}

/** A successful answer; `fields` is JSON text such as `"task_id":1`, or empty. */
export function success(fields: string, requestId: string): Answer {
  const middle = fields === '' ? '' : `,${fields}`;
  return {
    status: 200,
    contentType: json,
    body: `{"errcode":0,"errmsg":"ok"${middle},"request_id":"${requestId}"}`,
  };
}

/** A successful answer of the new API, whose body is the value alone. */
export function plainSuccess(value: Readonly<Record<string, unknown>>): Answer {
  return { status: 200, contentType: json, body: JSON.stringify(value) };
}

export function refuse(operation: Operation | null, refusal: Refusal, requestId: string): Answer {
  if (operation?.style === 'v1') {
    const v1 = refusal.v1 ?? { status: 400, code: String(refusal.code), message: refusal.message };
    const body = { code: v1.code, requestid: requestId, message: v1.message };
    return { status: v1.status, contentType: json, body: JSON.stringify(body) };
  }
  const wrapped = operation?.style === 'top' && refusal.layer === 'gateway';
  const body = wrapped
    ? {
        errcode: 88,
        sub_code: String(refusal.code),
        sub_msg: refusal.message,
        errmsg: `ding talk error[subcode=${refusal.code},submsg=${refusal.message}]`,
        request_id: requestId,
      }
    : { errcode: refusal.code, errmsg: refusal.message, request_id: requestId };
  return { status: 200, contentType: json, body: JSON.stringify(body) };
}
