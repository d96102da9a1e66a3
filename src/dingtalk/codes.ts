/**
 * One table of every error code that the work-notification APIs are known to answer: what it means, what a caller may
 * do about it, and whether it proves that nothing was sent. The client classifies by it, the reference page
 * docs/dingtalk.md is generated from it, and the simulator answers with it.
 *
 * Source keys: K… are pages of https://open.dingtalk.com/document/development/<slug>, listed with their addresses in
 * docs/dingtalk.md. PROBE are published answers of the live service to calls without credentials; BRICK are live
 * answers seen by the public client brickKit/integration-im-dingtalk.
 */
import { globalBackoffMs, spans } from './limits.ts';

/** The calls that DingTalk tells apart when it counts and answers. */
export const operations = [
  'token',
  'lookup',
  'send',
  'progress',
  'result',
  'recall',
  'status_bar',
  'upload',
] as const;
export type Operation = (typeof operations)[number];

/**
 * What a caller may do. `retry`: again with backoff. `retry_after`: again after a known time. `refresh_token`: once
 * more with a new token. `recipient`: never for this person or department. `message`: never with this message or
 * these arguments. `configuration`: a person must act; the app is held. `unknown`: the message may have been sent.
 */
export const errorClasses = [
  'retry',
  'retry_after',
  'refresh_token',
  'recipient',
  'message',
  'configuration',
  'unknown',
] as const;
export type ErrorClass = (typeof errorClasses)[number];

/** A known wait: a span, a span for each refusal in a row, or until a DingTalk day or month begins. */
export type RetryAfter =
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'steps'; readonly ms: readonly number[] }
  | { readonly kind: 'next_day' }
  | { readonly kind: 'next_month' };

/** What has to wait besides the call itself: nothing, this API for this app, the whole app, or all calls of our address. */
export type HoldScope = 'call' | 'api' | 'app' | 'address';

export interface CodeRow {
  /** DingTalk's code as text, or a word of ours for an answer that carries none. */
  readonly code: string;
  /** The operations for which this row holds; null for all that have no row of their own. */
  readonly operations: readonly Operation[] | null;
  readonly meaning: string;
  readonly class: ErrorClass;
  readonly retryAfter: RetryAfter | null;
  readonly holds: HoldScope;
  /** True when this answer to a send proves that nobody was or will be told. */
  readonly provesNothingSent: boolean;
  readonly source: string;
}

interface Options {
  readonly only?: readonly Operation[];
  readonly after?: RetryAfter;
  readonly holds?: HoldScope;
}

function rows(
  errorClass: ErrorClass,
  source: string,
  meanings: Readonly<Record<string, string>>,
  options: Options = {},
): CodeRow[] {
  return Object.entries(meanings).map(([code, meaning]) => ({
    code,
    operations: options.only ?? null,
    meaning,
    class: errorClass,
    retryAfter: options.after ?? null,
    holds: options.holds ?? (errorClass === 'configuration' ? 'app' : 'call'),
    provesNothingSent: errorClass !== 'unknown',
    source,
  }));
}

const delay = (ms: number): RetryAfter => ({ kind: 'delay', ms });
const second = delay(spans.apiLimitWait.value);
const minute = delay(spans.perMinuteWait.value);
const ban = delay(spans.ipBan.value);
const globalBackoff: RetryAfter = { kind: 'steps', ms: globalBackoffMs };
const ofTasks: readonly Operation[] = ['progress', 'result', 'recall', 'status_bar'];

/** The table. Where a code has a row that names the operation and one that names none, the first wins. */
export const codeTable: readonly CodeRow[] = [
  // The service itself. −1 is a refusal (it says "try again"); the others may come after the work was done.
  ...rows('retry', 'K13', { '-1': 'DingTalk is busy; at most three retries' }),
  ...rows('retry', 'K13', { '88': 'the gateway refused the call without saying why' }),
  ...rows('retry', 'K773', { '1430003': 'the protection of the open API stepped in' }),
  ...rows('unknown', 'hhyo/Archery#836', { '1': 'platform system error; also the answer to an empty list' }),
  ...rows('unknown', 'K770, K771, K772', { '500': 'system error' }),
  ...rows('unknown', 'K13', { '400001': 'system error; also the answer to an optional field sent empty' }),
  ...rows('unknown', 'PROBE', { unknownError: 'unknown error (v1.0 APIs)' }),

  // A new token may help, once.
  ...rows('refresh_token', 'K13, PROBE', { '40014': 'invalid access token' }),
  ...rows('refresh_token', 'K13', {
    '40001': 'the access token is invalid, or the secret is wrong',
    '42001': 'the access token has expired',
  }),

  // A person must act: keys, permissions, the app, the organisation, the plan.
  ...rows('configuration', 'K13', { '40001': 'the app secret is wrong' }, { only: ['token'] }),
  ...rows('configuration', 'PROBE', { '40035': 'app key or app secret is missing' }, { only: ['token'] }),
  ...rows('configuration', 'PROBE', {
    '22': 'no such API path; check the base URL',
    '40096': 'wrong app key or app secret',
  }),
  ...rows('configuration', 'K33, PROBE', {
    invalidClientIdOrSecret: 'wrong app key or app secret (v1.0 token)',
    InvalidAuthentication: 'wrong app key, app secret or token (v1.0 APIs)',
  }),
  ...rows('configuration', 'K13', {
    '33001': 'invalid corp id; check the access token',
    '40013': 'invalid corp id',
    '40056': 'invalid agent id',
    '40089': 'wrong corp id or corp secret',
    '41011': 'the agent id is missing',
    '48002': 'the API is disabled',
    '50003': 'the app is disabled',
    '50005': 'the organisation is disabled',
    '52019': 'invalid agent id',
    '60011': 'the app lacks the permission for this API',
    '70001': 'the organisation does not exist or was dissolved',
    '70003': 'no app has this agent id',
    '70004': 'the organisation has no app with this agent id',
    '90017': 'too many corp ids are called from this IP address',
    'Forbidden.AccessDenied.AccessTokenPermissionDenied':
      'the app lacks the permission for this API (v1.0 APIs)',
  }),
  ...rows('configuration', 'K13', {
    '60020': 'the calling IP address is not on the whitelist',
    'Forbidden.AccessDenied.IpNotInWhiteList': 'the calling IP address is not on the whitelist (v1.0 APIs)',
  }),
  ...rows(
    'configuration',
    'K1433',
    {
      '90020': 'the calls of this month are used up',
      'Forbidden.AccessDenied.ApiCountLimitForOrg': 'the calls of this month are used up (v1.0 APIs)',
    },
    { after: { kind: 'next_month' } },
  ),

  // Limits with a known end.
  ...rows(
    'retry_after',
    'K1433',
    {
      '90018': 'too many calls a second of this app to this API',
      'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi':
        'too many calls a second of this app to this API (v1.0 APIs)',
    },
    { after: second, holds: 'api' },
  ),
  ...rows(
    'retry_after',
    'K12, K1433',
    {
      '90002': 'the API is called too often by everyone together',
      'Forbidden.AccessDenied.QpsLimitForApi': 'the API is called too often by everyone together (v1.0 APIs)',
    },
    { after: globalBackoff, holds: 'api' },
  ),
  ...rows(
    'retry_after',
    'K13',
    {
      'Forbidden.AccessDenied.QpmLimitForAppkeyAndApi':
        'too many calls a minute of this app to this API (v1.0 APIs)',
    },
    { after: minute, holds: 'api' },
  ),
  ...rows(
    'retry_after',
    'K13',
    { '90001': 'our address is barred from all APIs for a while' },
    { after: ban, holds: 'address' },
  ),
  ...rows(
    'retry_after',
    'K13',
    {
      '90003': 'the organisation is barred from all APIs for a while',
      '90004': 'the app key is barred for a while',
      '90007': 'calls to this organisation are barred for a while',
      '90009': 'all calls to organisations are barred for a while',
      '90011': 'the suite is barred for a while',
      '90013': 'the suite is barred from this organisation for a while',
    },
    { after: ban, holds: 'app' },
  ),
  ...rows(
    'retry_after',
    'K13',
    {
      '45009': 'the API is called too often',
      '90005': 'the organisation is barred from this API for a while',
      '90006': 'the app key is barred from this API for a while',
      '90008': 'calls to this API of this organisation are barred for a while',
      '90010': 'calls to this API are barred for a while',
      '90012': 'the suite is barred from this API for a while',
      '90014': 'the suite is barred from this API of this organisation for a while',
    },
    { after: ban, holds: 'api' },
  ),
  ...rows(
    'retry_after',
    'K13',
    { '41047': 'too many recipients a minute', '41048': 'too many sends a minute' },
    { after: minute, holds: 'api' },
  ),
  ...rows('retry_after', 'K13', { '41046': 'too many broadcasts a minute' }, { after: minute }),
  ...rows(
    'retry_after',
    'K13, K791',
    { '41045': 'the broadcasts of this day are used up' },
    { after: { kind: 'next_day' } },
  ),
  ...rows(
    'retry_after',
    'K773',
    {
      '143103': 'too many recipients a minute of this app',
      '143104': 'too many recipients a minute of this organisation',
      '143203': 'too many recipients a minute of this third-party app in one organisation',
      '143204': 'too many recipients a minute of this third-party app',
    },
    { after: minute },
  ),
  ...rows(
    'retry_after',
    'K12',
    { ip_banned: 'our IP address is banned for a while' },
    { after: ban, holds: 'address' },
  ),

  // Never for this person or department.
  ...rows(
    'recipient',
    'K63, K13',
    { '400002': 'invalid mobile number', '40035': 'invalid mobile number' },
    { only: ['lookup'] },
  ),
  ...rows('recipient', 'K13', {
    '33012': 'invalid userid',
    '40003': 'invalid userid',
    '40009': 'invalid department id',
    '40031': 'a userid of the list is not in the address book',
    '40104': 'invalid mobile number',
    '46004': 'no such employee',
    '50002': 'the person is outside the scope of the app',
    '50004': 'the department is outside the scope of the app',
    '60103': 'invalid mobile number',
    '60121': 'no such person',
  }),
  ...rows('recipient', 'K773', {
    '1430000': 'no recipient',
    '1430004': 'the person is protected from messages',
  }),
  ...rows(
    'recipient',
    'K773',
    {
      '143105': 'the messages of this day to this person are used up',
      '143205': 'the messages of this day to this person are used up',
    },
    { after: { kind: 'next_day' } },
  ),
  ...rows('recipient', 'K773', {
    '143106': 'the person has had the same content today',
    '143206': 'the person has had the same content today',
  }),

  // Asked too early, or of too many people.
  ...rows(
    'retry',
    'K771',
    { '41052': 'progress is not finished, or too many recipients for a result' },
    { only: ofTasks },
  ),

  // Never with this message or these arguments.
  ...rows('message', 'mingyoung/dingtalk#79', { '40': 'a required argument is missing' }),
  ...rows('message', '007gzs/dingtalk-sdk#39', { '41': 'an argument is invalid' }),
  ...rows('message', 'K13', {
    '40000': 'an argument is wrong, or the access token is blank',
    '40004': 'wrong type of medium',
    '40005': 'wrong type of file',
    '40006': 'wrong size of file',
    '40007': 'invalid media id',
    '40008': 'wrong type of message',
    '40032': 'the list of userids has a wrong length',
    '40033': 'the request holds \\uXXXX escapes',
    '40035': 'an argument is invalid',
    '40038': 'the request has a wrong format',
    '40039': 'a URL is too long',
    '40048': 'a URL points to an unsafe domain',
    '41001': 'the access token is missing',
    '41005': 'the media file is missing',
    '41006': 'the media id is missing',
    '41028': 'the app may not tell everyone',
    '41029': 'too many recipients in one send',
    '41044': 'the app may not send this message',
    '41049': 'banned content',
    '41101': 'the data is too long',
    '41102': 'an argument is too large',
    '43004': 'wrong content type',
    '43008': 'the request must be multipart',
    '43009': 'the request must be JSON',
    '44001': 'the media file is empty',
    '44002': 'the request is empty',
    '44004': 'the text message is empty',
    '45001': 'the media file is too large',
    '45002': 'the message is too long',
    '45003': 'a title is too long',
    '45004': 'a description is too long',
    '45005': 'a link is too long',
    '45006': 'a picture link is too long',
    '45007': 'the voice message is too long',
    '45008': 'the picture message is too long',
    '46001': 'no such medium',
    '47001': 'the JSON cannot be parsed',
    '34004': 'invalid type of message',
    '34008': 'the picture is missing',
    '34009': 'the link is missing',
    '34010': 'the file is missing',
    '34011': 'the voice file is missing',
    '34014': 'the JSON of the message is invalid or incomplete',
    '34016': 'the message is too long',
    '60022': 'sensitive content',
    '400002': 'an argument is wrong',
  }),
  ...rows('message', 'K773', { '1430001': 'unknown grant type', '1430002': 'banned content' }),

  // Answers without a code, and none at all.
  ...rows(
    'unknown',
    'K12, K1433',
    { html_page: 'a web page instead of an answer; a banned address gets one too' },
    { after: ban, holds: 'address' },
  ),
  ...rows('unknown', 'our own reading', {
    http_5xx: 'a gateway or the service failed (HTTP 5xx without a code)',
    http_4xx: 'the request was refused by a gateway (HTTP 3xx or 4xx without a code)',
    not_json: 'the answer is no JSON',
    no_errcode: 'the answer carries no errcode',
    incomplete: 'the answer says success and lacks what success brings',
    lost_after_write: 'the answer was lost after the request may have left',
    unlisted: 'a code that no source lists',
  }),
  ...rows('retry', 'our own reading', {
    lost_before_write: 'no connection; the request never left',
    given_up: 'the caller gave the call up while it waited for its turn',
  }),
  ...rows('message', 'our own reading', {
    invalid_request: 'our own check refused the call; nothing was sent',
  }),
];

/** Answers to a send that say that a media id in the message is not, or is no longer, valid. Source: K13. */
export const invalidMediaCodes: ReadonlySet<string> = new Set(['40007', '46001']);

const byOperation = new Map<string, CodeRow>();
for (const entry of codeTable) {
  for (const operation of entry.operations ?? ['*']) byOperation.set(`${operation} ${entry.code}`, entry);
}

/** The row for a code in the answer to an operation; null when no source lists it. */
export function findCode(operation: Operation, code: string): CodeRow | null {
  return byOperation.get(`${operation} ${code}`) ?? byOperation.get(`* ${code}`) ?? null;
}

/**
 * The class of a code for an operation. Only a send can be in doubt: every other operation may simply be repeated,
 * so what is `unknown` for a send is `retry` for them.
 */
export function classOf(operation: Operation, code: string): ErrorClass {
  const found = findCode(operation, code)?.class ?? 'unknown';
  return found === 'unknown' && operation !== 'send' ? 'retry' : found;
}
