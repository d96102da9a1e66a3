import { apiRefusal, type Refusal } from './answer.ts';
import type { ParsedArguments } from './arguments.ts';
import type { DirectoryApp } from './directory-data.ts';
import { gatewayFault, noPermission, notWhitelisted, refusingFault } from './fault-effects.ts';
import type { Operation } from './operations.ts';
import { note, type Call } from './world.ts';

/** Everything that can stand between a caller and the operation. */
export function admit(
  call: Call,
  request: { readonly method: string; readonly address: string },
  parsed: ParsedArguments,
  token: string | null,
): Refusal | null {
  const { world, operation, app, now } = call;
  if (request.method !== operation.method) {
    return operation.method === 'GET'
      ? apiRefusal(43001, '需要GET请求', 'encoding', `${operation.name} is called by GET`)
      : apiRefusal(43002, '需要POST请求', 'encoding', `${operation.name} is called by POST`);
  }
  if (operation.group !== 'token') {
    const refusal = checkToken(call, token);
    if (refusal !== null) return refusal;
  }
  const faulty = world.faults.none ? null : gatewayFault(call, request.address);
  if (faulty !== null) return faulty;
  if (app !== null) {
    const refusal =
      operation.group === 'token'
        ? null
        : (checkAddress(app, request.address) ?? checkPermission(operation, app));
    if (refusal !== null) return refusal;
    const throttled = world.throttle.admit(app.appKey, operation, now, world.limits.current);
    if (throttled !== null) return throttled;
  }
  if (parsed.refusal !== null) return parsed.refusal;
  noteUndocumented(call, parsed);
  return world.faults.none ? null : refusingFault(call);
}

export function blankToken(): Refusal {
  const detail = 'access_token is missing in the query (and the form)';
  return { code: 40000, message: 'access_token is blank', layer: 'gateway', breach: 'token', detail };
}

function checkToken(call: Call, token: string | null): Refusal | null {
  const { world, operation, app } = call;
  if (token === null) return blankToken();
  const fault = world.faults.none ? null : world.faults.strike('token-expired', operation, app);
  if (fault !== null) {
    call.struck.push('token-expired');
    world.tokens.expire(token);
    return badToken(fault.spec.code ?? world.behaviour.expiredTokenCode);
  }
  const { state } = world.tokens.check(token);
  if (state === 'good') return null;
  return badToken(state === 'expired' ? world.behaviour.expiredTokenCode : '40014');
}

function badToken(code: string): Refusal {
  const message = code === '42001' ? 'access_token超时' : '不合法的access_token';
  return { code: Number(code), message, layer: 'gateway', breach: null, detail: message };
}

function checkAddress(app: DirectoryApp, address: string): Refusal | null {
  if (app.ipWhitelist === null || app.ipWhitelist.includes(address)) return null;
  return notWhitelisted(app, address);
}

function checkPermission(operation: Operation, app: DirectoryApp): Refusal | null {
  if (operation.permission === null || app.permissions.includes(operation.permission)) return null;
  return noPermission(operation);
}

/** Parameters that the documentation does not know are ignored by the service, and written down here. */
function noteUndocumented(call: Call, parsed: ParsedArguments): void {
  const { operation } = call;
  for (const name of Object.keys(parsed.values)) {
    const known = operation.parameters.includes(name) || (name === 'access_token' && parsed.form);
    if (!known) note(call, 'parameter', `parameter ${name.slice(0, 40)} is not documented`);
  }
  for (const name of parsed.query.keys()) {
    if (name === 'access_token' && operation.group !== 'token') continue;
    const known = operation.method === 'GET' || operation.name === 'media';
    if (!known || !operation.parameters.includes(name)) {
      const detail = `parameter ${name.slice(0, 40)} does not belong into the query`;
      note(call, 'parameter', detail);
    }
  }
}
