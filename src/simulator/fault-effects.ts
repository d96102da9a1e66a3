import { randomUUID } from 'node:crypto';
import { apiRefusal, refuse, type Answer, type Refusal } from './answer.ts';
import type { DirectoryApp } from './directory-data.ts';
import type { ActiveFault, FaultName, FaultSpec } from './faults.ts';
import type { Operation } from './operations.ts';
import type { Call } from './world.ts';

/** What becomes of a request on the wire. `code` is what the call log says of it. */
export type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly code: string; readonly delayMs: number }
  /** The connection is cut. */
  | { readonly kind: 'cut'; readonly code: string }
  /** The connection stays open and silent. */
  | { readonly kind: 'silence'; readonly code: string };

function strike(call: Call, name: FaultName, processed: boolean | null = null): ActiveFault | null {
  const matches = (spec: FaultSpec): boolean => processed === null || (spec.processed ?? false) === processed;
  const fault = call.world.faults.strike(name, call.operation, call.app, matches);
  if (fault !== null) call.struck.push(name);
  return fault;
}

/** Faults of the line, which strike before the service has seen the call. */
export function faultBefore(call: Call): Outcome | null {
  if (strike(call, 'request-lost') !== null) return { kind: 'cut', code: 'lost' };
  const banned = strike(call, 'ip-banned');
  if (banned !== null) {
    const answer = banPage(banned.spec.ms ?? 300_000, banned.spec.html ?? false);
    return { kind: 'answer', answer, code: '1111', delayMs: 0 };
  }
  return lineFault(call, false);
}

/** Faults that strike when the call has been carried out and its answer is on its way. */
export function carriedOut(call: Call, outcome: Outcome): Outcome {
  if (outcome.kind !== 'answer') return outcome;
  if (strike(call, 'answer-lost') !== null) return { kind: 'cut', code: 'lost' };
  const line = lineFault(call, true);
  if (line !== null) return line;
  const coded = strike(call, 'answer-code', true);
  const slow = strike(call, 'slow');
  const delayMs = slow === null ? 0 : (slow.spec.ms ?? 5_000);
  if (coded === null) return { ...outcome, delayMs };
  const refusal = codedRefusal(coded.spec);
  const answer = refuse(call.operation, refusal, call.requestId);
  return { kind: 'answer', answer, code: String(refusal.code), delayMs };
}

/** `half-open` and `bad-gateway` come before the call is carried out, or after it when they say `processed`. */
function lineFault(call: Call, processed: boolean): Outcome | null {
  if (strike(call, 'half-open', processed) !== null) return { kind: 'silence', code: 'lost' };
  if (strike(call, 'bad-gateway', processed) === null) return null;
  const body =
    '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';
  return { kind: 'answer', answer: { status: 502, contentType: 'text/html', body }, code: '502', delayMs: 0 };
}

/** Faults of the gateway: whitelist, permission, throttling. */
export function gatewayFault(call: Call, address: string): Refusal | null {
  const { app, operation } = call;
  if (strike(call, 'not-whitelisted') !== null) return notWhitelisted(app, address);
  if (strike(call, 'no-permission') !== null) return noPermission(operation);
  const limited = strike(call, 'rate-limited');
  if (limited === null) return null;
  const code = Number(limited.spec.code ?? '90018');
  const message = limited.spec.message ?? '应用调用该接口的QPS超限';
  return gatewayRefusal(code, message, 403, 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi');
}

/** The calling address is not on the app's list; live messages name address and key. */
export function notWhitelisted(app: DirectoryApp | null, address: string): Refusal {
  const message = `访问ip不在白名单之中,request ip=${address} appKey(${app?.appKey ?? ''})`;
  return gatewayRefusal(60020, message, 403, 'Forbidden.AccessDenied.IpNotInWhiteList');
}

/** The app lacks a permission; live messages name it (BRICK). */
export function noPermission(operation: Operation): Refusal {
  const scope = operation.permission ?? 'qyapi_base';
  const message = `应用尚未开通所需的权限：[${scope}]，requiredScopes=[${scope}]`;
  return gatewayRefusal(60011, message, 403, 'Forbidden.AccessDenied.AccessTokenPermissionDenied');
}

/** Faults of the service behind the gateway: it refuses, and nothing has happened. */
export function refusingFault(call: Call): Refusal | null {
  if (strike(call, 'system-busy') !== null) return serviceRefusal('-1', '系统繁忙');
  const every = strike(call, 'fail-every-n');
  if (every !== null) return serviceRefusal(every.spec.code ?? '-1', every.spec.message ?? '系统繁忙');
  const coded = strike(call, 'answer-code', false);
  return coded === null ? null : codedRefusal(coded.spec);
}

function codedRefusal(spec: FaultSpec): Refusal {
  const refusal = serviceRefusal(spec.code ?? '400001', spec.message ?? '系统错误');
  return spec.wrapped === true ? { ...refusal, layer: 'gateway' } : refusal;
}

function serviceRefusal(code: string, message: string): Refusal {
  const number = Number(code);
  const refusal = apiRefusal(Number.isNaN(number) ? 0 : number, message, null, message);
  return { ...refusal, code: Number.isNaN(number) ? code : number, v1: { status: 500, code, message } };
}

function gatewayRefusal(code: number, message: string, status: number, v1Code: string): Refusal {
  return {
    code,
    message,
    layer: 'gateway',
    breach: null,
    detail: message,
    v1: { status, code: v1Code, message },
  };
}

/** What a banned address gets instead of an API answer (K12): JSON of another shape, or a page. */
export function banPage(forMs: number, html: boolean): Answer {
  const minutes = Math.max(1, Math.ceil(forMs / 60_000));
  if (html) {
    const body =
      '<!DOCTYPE html><html><head><title>Access denied</title></head><body>punish: deny</body></html>';
    return { status: 200, contentType: 'text/html;charset=UTF-8', body };
  }
  const body = JSON.stringify({
    status: 1111,
    wait: minutes,
    source: 'x5',
    punish: 'deny',
    uuid: randomUUID(),
  });
  return { status: 200, contentType: 'application/json;charset=UTF-8', body };
}
