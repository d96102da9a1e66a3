import { admit, blankToken } from './admission.ts';
import { apiRefusal, refuse, type Answer } from './answer.ts';
import { accessToken, corpToken, getToken } from './api/tokens.ts';
import { getByMobile, legacyGetByMobile } from './api/lookup.ts';
import { send } from './api/send.ts';
import { progress, recall, result, statusBar } from './api/task-calls.ts';
import { isUploadedFile, upload } from './api/upload.ts';
import { parseArguments, type Arguments, type ParsedArguments } from './arguments.ts';
import type { DirectoryApp } from './directory-data.ts';
import { banPage, carriedOut, faultBefore, type Outcome } from './fault-effects.ts';
import { operationAt, type Operation, type OperationName } from './operations.ts';
import { isRefusal, note, type AppCall, type Call, type HandlerResult, type World } from './world.ts';

/** A request to the API, read completely. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** What stands behind the `?`. */
  readonly search: string;
  readonly contentType: string;
  readonly body: string;
  /** The caller's IP address. */
  readonly address: string;
  /** Parameters that were read elsewhere (uploads), in place of `body`. */
  readonly values: Arguments | null;
}

const handlers: Readonly<Record<Exclude<OperationName, TokenOperation>, (call: AppCall) => HandlerResult>> = {
  get_by_mobile: legacyGetByMobile,
  getbymobile: getByMobile,
  send,
  progress,
  result,
  recall,
  status_bar: statusBar,
  media: upload,
};
type TokenOperation = 'gettoken' | 'access_token' | 'corp_token';
const tokenHandlers: Readonly<Record<TokenOperation, (call: Call) => HandlerResult>> = {
  gettoken: getToken,
  access_token: accessToken,
  corp_token: corpToken,
};

/**
 * The way of every API request: address ban, path, faults of the line, method and encoding, token, permission,
 * throttling, then the operation itself; and what is written down about it. It never throws for anything a caller
 * can send.
 */
export function handle(world: World, request: ApiRequest): Outcome {
  const now = world.clock.now();
  const requestId = requestIdOf(world);
  const operation = operationAt(request.path);
  const query = new URLSearchParams(request.search);
  if (operation === null) return unknownPath(world, request, now, requestId);
  const parsed: ParsedArguments =
    request.values === null
      ? parseArguments(operation, query, request.contentType, request.body)
      : { values: request.values, query, refusal: null, form: true, unicodeEscape: false };
  const token = tokenOf(operation, parsed);
  const app = appOf(world, operation, parsed, token);
  const call: Call = {
    world,
    operation,
    app,
    values: parsed.values,
    query,
    path: request.path,
    now,
    requestId,
    struck: [],
    unicodeEscape: parsed.unicodeEscape,
    multipart: request.values !== null,
  };
  const outcome = serve(call, request, parsed, token);
  const recorded = outcome.kind === 'answer' ? outcome : null;
  world.records.call({
    at: now,
    operation: operation.name,
    method: request.method,
    path: request.path,
    app: app?.name ?? null,
    requestId,
    status: recorded?.answer.status ?? 0,
    code: outcome.code,
    faults: call.struck,
    parameters: request.values === null ? parsed.values : withoutContent(parsed.values),
  });
  return outcome;
}

/** Upload parameters as the log keeps them: the file's name and size, not its bytes. */
function withoutContent(values: Arguments): Arguments {
  const kept = Object.entries(values).map(([name, value]) =>
    isUploadedFile(value) ? [name, { fileName: value.fileName, bytes: value.bytes }] : [name, value],
  );
  return Object.fromEntries(kept) as Arguments;
}

function serve(call: Call, request: ApiRequest, parsed: ParsedArguments, token: string | null): Outcome {
  const { world, now } = call;
  const limits = world.limits.current;
  const banned = world.throttle.bannedFor(request.address, now, limits);
  if (banned !== null) {
    note(call, 'limit', 'the address is banned for too many calls');
    return { kind: 'answer', answer: banPage(banned, false), code: '1111', delayMs: 0 };
  }
  const line = world.faults.none ? null : faultBefore(call);
  if (line !== null) return line;
  const refusal = admit(call, request, parsed, token);
  const carried = refusal ?? carryOut(call);
  const outcome = answerOf(call, carried);
  return world.faults.none ? outcome : carriedOut(call, outcome);
}

function carryOut(call: Call): HandlerResult {
  const { name } = call.operation;
  if (name === 'gettoken' || name === 'access_token' || name === 'corp_token')
    return tokenHandlers[name](call);
  // A call without an app has been refused by its token.
  return call.app === null ? blankToken() : handlers[name]({ ...call, app: call.app });
}

function answerOf(call: Call, result: HandlerResult): Outcome {
  if (!isRefusal(result)) return { kind: 'answer', answer: result, code: '0', delayMs: 0 };
  if (result.breach !== null) note(call, result.breach, result.detail);
  const answer: Answer = refuse(call.operation, result, call.requestId);
  return { kind: 'answer', answer, code: String(result.v1?.code ?? result.code), delayMs: 0 };
}

/** The old API reads the token from the query or a form, never from a header (live probe). */
function tokenOf(operation: Operation, parsed: ParsedArguments): string | null {
  if (operation.group === 'token') return null;
  const inQuery = parsed.query.get('access_token');
  if (inQuery !== null && inQuery !== '') return inQuery;
  const inForm = parsed.form ? parsed.values['access_token'] : undefined;
  return typeof inForm === 'string' && inForm !== '' ? inForm : null;
}

function appOf(
  world: World,
  operation: Operation,
  parsed: ParsedArguments,
  token: string | null,
): DirectoryApp | null {
  const key =
    operation.name === 'gettoken'
      ? parsed.query.get('appkey')
      : operation.name === 'access_token'
        ? parsed.values['appKey']
        : operation.name === 'corp_token'
          ? parsed.values['client_id']
          : token === null
            ? null
            : world.tokens.ownerOf(token);
  return typeof key === 'string' ? world.directory.appByKey(key) : null;
}

function unknownPath(world: World, request: ApiRequest, now: number, requestId: string): Outcome {
  const path = request.path.slice(0, 200);
  const detail = `${request.method} ${path} is no documented path`;
  const refusal = apiRefusal(22, 'Invalid method', 'path', detail);
  world.records.violation({ at: now, operation: null, app: null, kind: 'path', detail, requestId });
  world.records.call({
    at: now,
    operation: null,
    method: request.method,
    path,
    app: null,
    requestId,
    status: 200,
    code: '22',
    faults: [],
    parameters: {},
  });
  return { kind: 'answer', answer: refuse(null, refusal, requestId), code: '22', delayMs: 0 };
}

function requestIdOf(world: World): string {
  return `s${(world.records.total + 1).toString(36).padStart(11, '0')}`;
}
