/**
 * Every limit that DingTalk documents for work notifications, once, with its source. Nothing here is measured: where
 * sources disagree the stricter reading stands as the constant and the other one beside it, so that a caller may
 * loosen it knowingly.
 *
 * Source keys: K… are pages of https://open.dingtalk.com/document/development/<slug>; the generated reference
 * docs/dingtalk.md lists them with their addresses. JSDK is the official Java SDK of 2021 (its field comments).
 */
export interface Limit {
  readonly value: number;
  readonly unit: string;
  /** What is limited, in a few words for people. */
  readonly what: string;
  readonly source: string;
  /** What another source says, where they disagree; empty when they do not. */
  readonly otherwise: string;
}

function limit(value: number, unit: string, what: string, source: string, otherwise = ''): Limit {
  return { value, unit, what, source, otherwise };
}

const minute = 60_000;
const hour = 3_600_000;
const day = 86_400_000;
const mebibyte = 1_048_576;

/** Limits of one `asyncsend_v2` call. */
export const callLimits = {
  userids: limit(
    100,
    'userids',
    'userids in userid_list of one send',
    'K769',
    'JSDK and the old API page validate 5000',
  ),
  departments: limit(
    20,
    'departments',
    'departments in dept_id_list of one send',
    'K769',
    'the old API page says 500',
  ),
  recipients: limit(
    5000,
    'people',
    'people that one send may reach, departments expanded',
    'K769, K13 code 41029',
  ),
  messageBytes: limit(
    2048,
    'bytes',
    'UTF-8 bytes of the whole msg JSON',
    'K769',
    'the page says bytes without naming the encoding; 5000-character fields contradict it',
  ),
  statusBarUserids: limit(
    5,
    'userids',
    'userids of one send of an OA message with a status bar',
    'K775, K791',
  ),
} as const;

/** Limits over time. Breaches of those marked "silent" answer success; only getsendresult tells. */
export const rateLimits = {
  sameContentPerUserPerDay: limit(
    1,
    'a day',
    'the same content to the same person by one app (silent, 143106)',
    'K769',
  ),
  perUserPerDay: limit(
    500,
    'a day',
    'messages of one app to one person (silent, 143105)',
    'K769',
    'K773 says 50 for third-party apps, K769 says 100',
  ),
  broadcastsPerDay: limit(3, 'a day', 'to_all_user sends of one app (41045)', 'K791, K13 code 41045'),
  recipientsPerMinute: limit(
    5000,
    'a minute',
    'people reached by one app (silent, 143103)',
    'K769',
    'K13 code 41047 says 1500',
  ),
  callsPerSecond: limit(
    20,
    'a second',
    'calls of one app to one API on the standard plan (90018)',
    'K1433',
    '40 and 60 are quoted for paid plans (K1431)',
  ),
  callsPerIp: limit(10_000, 'in 20 s', 'calls of one public IP address to all APIs', 'K12'),
  callsPerMonth: limit(
    5000,
    'a month',
    'metered calls of the whole organisation on the standard plan (90020)',
    'K1431, K1433',
    '10,000 before 2025-11-19',
  ),
} as const;

/** Spans of time, in milliseconds. */
export const spans = {
  callsPerSecondWindow: limit(1000, 'ms', 'window of the limit of calls a second', 'K1433'),
  recipientsPerMinuteWindow: limit(minute, 'ms', 'window of the limit of recipients a minute', 'K769'),
  callsPerIpWindow: limit(20_000, 'ms', 'window of the limit of calls of one IP address', 'K12'),
  ipBan: limit(5 * minute, 'ms', 'how long an IP address is banned', 'K12'),
  apiLimitWait: limit(1000, 'ms', 'wait after 90018', 'K1433'),
  perMinuteWait: limit(
    minute,
    'ms',
    'wait after a limit of the minute (41046, 41047, 41048, 143103, 143104)',
    'K13',
  ),
  progressWindow: limit(
    day,
    'ms',
    'how long after the send getsendprogress answers',
    'K772',
    'the same page also says 7 days',
  ),
  progressWindowLoose: limit(7 * day, 'ms', 'the looser reading of the window of getsendprogress', 'K772'),
  resultWindow: limit(day, 'ms', 'how long after the send getsendresult answers', 'K773'),
  recallWindow: limit(day, 'ms', 'how long after the send a message can be recalled', 'K770'),
  statusBarWindow: limit(
    day,
    'ms',
    'how long after the send a status bar can be updated',
    'K791',
    'K771 says 7 days',
  ),
  statusBarWindowLoose: limit(7 * day, 'ms', 'the looser reading of the window of status_bar/update', 'K771'),
  tokenLife: limit(2 * hour, 'ms', 'life of an access token; asking again renews it', 'K1444, K33'),
} as const;

/** 90002: waits of the first, second and third (and later) refusal in a row, in milliseconds. Source: K12. */
export const globalBackoffMs: readonly number[] = [1000, 2000, 4000];

/** −1: "try once more later, at most three times". Source: K13. */
export const busyRetries = limit(3, 'rounds', 'retries after −1', 'K13');

/** Tasks with more recipients than this give no result. Source: K773. */
export const resultRecipients = limit(
  100,
  'people',
  'recipients of a task that getsendresult still answers for',
  'K773',
);

/**
 * Lengths of message fields in UTF-16 units, as Java's `String.length` counts: the stricter reading of "characters".
 * Those under `fieldAdvice` are recommended by the documentation (建议) and not enforced: passing one is a warning.
 */
export const fieldLimits = {
  linkActionUrl: limit(500, 'characters', 'action_card.btn_json_list[].action_url', 'JSDK', 'K775 says 700'),
  linkActionUrlLoose: limit(
    700,
    'characters',
    'action_card.btn_json_list[].action_url, looser reading',
    'K775',
  ),
  voiceSeconds: limit(59, 'seconds', 'voice.duration: a positive whole number below 60, as a string', 'K775'),
  markdownText: limit(
    5000,
    'characters',
    'markdown.text',
    'K775',
    'JSDK advises 500; the 2048 bytes of msg bind first',
  ),
  oaHeadText: limit(
    10,
    'characters',
    'oa.head.text (replaced by the app name in work notices)',
    'JSDK',
    'K775 names no limit',
  ),
  oaBodyContent: limit(
    5000,
    'characters',
    'oa.body.content',
    'K13 code 34016',
    'documented for chat messages',
  ),
  textContent: limit(5000, 'characters', 'text.content', 'K13 code 34016', 'documented for chat messages'),
  cardTitle: limit(64, 'characters', 'action_card.title', 'JSDK, K13 code 34016'),
  cardMarkdown: limit(
    5000,
    'characters',
    'action_card.markdown',
    'K13 code 34016',
    'documented for chat messages',
  ),
  singleTitle: limit(20, 'characters', 'action_card.single_title', 'K775'),
  singleUrl: limit(500, 'characters', 'action_card.single_url', 'K775'),
  buttonTitle: limit(20, 'characters', 'action_card.btn_json_list[].title', 'K775'),
  buttonList: limit(1000, 'characters', 'JSON text of action_card.btn_json_list', 'K775'),
} as const;

export const fieldAdvice = {
  textContent: limit(500, 'characters', 'text.content', 'K775'),
  linkTitle: limit(100, 'characters', 'link.title', 'K775'),
  linkText: limit(500, 'characters', 'link.text', 'K775'),
  oaBodyTitle: limit(50, 'characters', 'oa.body.title', 'K775'),
  oaBodyFormRows: limit(6, 'rows', 'oa.body.form: further rows are hidden', 'K775'),
  cardMarkdown: limit(1000, 'characters', 'action_card.markdown', 'K775'),
} as const;

export type MediaType = 'image' | 'voice' | 'video' | 'file';

export interface MediaLimit {
  readonly maxBytes: number;
  /** File name extensions, lower case, without the dot. */
  readonly formats: readonly string[];
  readonly source: string;
  readonly otherwise: string;
}

/** What `media/upload` takes. */
export const mediaLimits: Readonly<Record<MediaType, MediaLimit>> = {
  image: {
    maxBytes: 20 * mebibyte,
    formats: ['jpg', 'gif', 'png', 'bmp'],
    source: 'K646',
    otherwise: 'K13 code 40006 says 1 MB',
  },
  voice: { maxBytes: 2 * mebibyte, formats: ['amr', 'mp3', 'wav'], source: 'K646', otherwise: '' },
  video: { maxBytes: 20 * mebibyte, formats: ['mp4'], source: 'K646', otherwise: '' },
  file: {
    maxBytes: 20 * mebibyte,
    formats: ['doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'zip', 'pdf', 'rar'],
    source: 'K646',
    otherwise: 'K775 and K13 code 40006 say 10 MB for a file in a message',
  },
};

/** The colours that DingTalk itself uses in status bars. Source: K768. */
export const statusColours = {
  agreed: '0xFF78C06E',
  refused: '0xFFF65E5E',
  revoked: '0xFF858E99',
  pending: '0xFFFF9D46',
} as const;
