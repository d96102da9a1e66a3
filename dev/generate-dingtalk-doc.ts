/** Writes docs/dingtalk.md from the tables that the client itself uses: `node dev/generate-dingtalk-doc.ts`. */
import { writeFileSync } from 'node:fs';
import {
  codeTable,
  type CodeRow,
  type ErrorClass,
  type HoldScope,
  type RetryAfter,
} from '../src/dingtalk/codes.ts';
import { endpoints } from '../src/dingtalk/endpoints.ts';
import {
  busyRetries,
  callLimits,
  globalBackoffMs,
  mediaLimits,
  rateLimits,
  resultRecipients,
  spans,
  statusColours,
  type Limit,
} from '../src/dingtalk/limits.ts';
import type { Field } from '../src/dingtalk/field-types.ts';
import { messageFields } from '../src/dingtalk/message-fields.ts';
import { sources } from '../src/dingtalk/sources.ts';

const classMeanings: Readonly<Record<ErrorClass, string>> = {
  retry: 'Nothing was done. Again, with growing pauses.',
  retry_after: 'Nothing was done. Again after the time in the table, or the one that the answer names.',
  refresh_token:
    'The client gets a new token and makes the call once more. Refused again, it is a `configuration` fault; but where the new token has worked for another call, the call waits a second and is made again.',
  recipient: 'Never for this person or department; the others are not concerned.',
  message: 'Never with this message or these arguments.',
  configuration:
    'A person must act. All calls of the app are held; after five minutes one call tries again, with a new token where it needs one.',
  unknown:
    'The message may have been sent. Only a send can be in doubt: for every other operation this is `retry`.',
};

const scopes: Readonly<Record<HoldScope, string>> = {
  call: '',
  api: 'this API of the app',
  app: 'the app',
  address: 'every app behind our address',
};

export function dingtalkDoc(): string {
  const sections = [
    intro,
    operationsPart,
    limitsPart,
    messagesPart,
    mediaPart,
    codesPart,
    unsurePart,
    sourcesPart,
  ];
  return `${sections.map((section) => section().trim()).join('\n\n')}\n`;
}

function intro(): string {
  return `
<!-- Written by dev/generate-dingtalk-doc.ts from src/dingtalk; change the tables there, not this page. -->

# DingTalk: operations, limits, codes

What the client knows of DingTalk's work-notification API, with the source of each fact. The client uses these very tables:
it checks messages before a call, counts what may be called when, and decides by the code of an answer what happens next.
The keys of the sources are explained at the end.`;
}

function operationsPart(): string {
  const rows = Object.values(endpoints).map(({ method, path, what, metered, source }) => [
    `${method} \`${path}\``,
    what,
    metered ? 'yes' : 'no',
    source,
  ]);
  return `
## Operations

${table(['call', 'for', 'counts for the month', 'source'], rows)}

Every call waits for its turn, is made once, and ends in a value. The only repetition inside the client is the one after a
refused token. What became of a send is one of four:

| outcome | meaning |
| --- | --- |
| \`accepted\` | \`errcode\` 0 and a task id. DingTalk works on it; only the result tells who got it |
| \`refused\` | An answer that proves that nobody was told, or a fault that our own check found before the call |
| \`unknown\` | No answer, no JSON, or a code that proves nothing: it may have been sent |
| \`not_sent\` | The request never left and may go another time: the app is held, no token, no connection |

Arguments travel as a form with \`msg\` as JSON text, as in the documentation's own examples (K769), or as a JSON body with
\`msg\` as an object and scalars as text, as the official SDK does (JSDK). Either way \`msg\` goes out byte for byte.`;
}

function limitsPart(): string {
  const limits = [...Object.values(callLimits), ...Object.values(rateLimits), resultRecipients, busyRetries];
  return `
## Limits

${limitTable(limits)}

Limits marked silent are not refused: the call succeeds, the person gets nothing, and only the result tells. The client keeps
calls a second and recipients a minute by waiting; a call counts until a full second after DingTalk can have counted it at
the latest. Days and months are those of Beijing.

### Times

${limitTable(Object.values(spans))}

After 90002 the pauses are ${globalBackoffMs.map((ms) => ms / 1000).join(', ')} seconds (K12).`;
}

function messagesPart(): string {
  const types = Object.entries(messageFields).map(([type, { fields }]) => {
    const rows = fields.flatMap((field) => fieldRows(type, field, true));
    return `### ${type}\n\n${table(['field', 'required', 'limit', 'advice'], rows)}`;
  });
  const colours = Object.entries(statusColours).map(([name, value]) => `${name} \`${value}\``);
  return `
## Messages

One type a message, \`{"msgtype":"text","text":{…}}\`; at most ${callLimits.messageBytes.value} bytes of UTF-8 JSON as a whole; a file
that is still to be uploaded counts as a media id of 80 characters, whatever its path. Empty
optional fields are left out (DingTalk answers them with a system error), a required field that is empty is a fault, so is an
unknown one. Control characters are dropped, because JSON could only carry them as \`\\uXXXX\`, which is refused (40033).
URLs begin with \`https:\`, \`http:\`, \`dingtalk:\` or \`eapp:\`. Lengths count UTF-16 units.

${types.join('\n\n')}

A card has either \`single_title\` and \`single_url\`, or \`btn_orientation\` and \`btn_json_list\`. An OA message with a status bar goes
to at most ${callLimits.statusBarUserids.value} userids, never to departments or everyone. DingTalk's own status colours: ${colours.join(', ')} (K768).`;
}

function fieldRows(path: string, field: Field, parentRequired: boolean): string[][] {
  const name = `${path}.${field.name}`;
  const required = field.required ? (parentRequired ? 'yes' : 'with its parent') : '';
  switch (field.kind) {
    case 'media':
      return [[`\`${name}\``, required, 'a media id', '']];
    case 'text': {
      const max = field.max === null ? '' : limitText(field.max);
      const advice = field.advice === null ? '' : limitText(field.advice);
      return [[`\`${name}\``, required, max, advice]];
    }
    case 'object':
      return field.fields.flatMap((inner) => fieldRows(name, inner, field.required && parentRequired));
    case 'list': {
      const max = field.maxText === null ? '' : `${limitText(field.maxText)} as JSON`;
      const advice = field.adviceItems === null ? '' : limitText(field.adviceItems);
      const items = field.item.flatMap((inner) => fieldRows(`${name}[]`, inner, false));
      return [[`\`${name}\``, required, max, advice], ...items];
    }
  }
}

function mediaPart(): string {
  const rows = Object.entries(mediaLimits).map(([type, { maxBytes, formats, source, otherwise }]) => [
    type,
    `${maxBytes / 1_048_576} MiB`,
    formats.join(', '),
    source,
    otherwise,
  ]);
  return `
## Media

${table(['type', 'largest', 'formats', 'source', 'otherwise'], rows)}

Size and format are checked before a byte is sent; the file is streamed.`;
}

function codesPart(): string {
  const classes = Object.entries(classMeanings).map(([name, meaning]) => [`\`${name}\``, meaning]);
  const sorted = [...codeTable].sort(
    (one, other) => order(one.code) - order(other.code) || (one.code < other.code ? -1 : 1),
  );
  return `
## Codes

${table(['class', 'what may be done'], classes)}

The code is \`sub_code\` where there is one, else the one inside the text of \`errmsg\`, else \`errcode\`. HTTP's status decides nothing
where there is a code: the old API answers 200 to failures. Only \`unknown\` leaves open whether a send was carried out.
In the answer to a token call \`message\`, \`recipient\` and \`refresh_token\` are \`configuration\`: all that it carries is configured.

${table(['code', 'class', 'meaning', 'wait', 'holds', 'source'], sorted.map(codeCells))}`;
}

/** Numbers by size, then words. */
function order(code: string): number {
  return /^-?[0-9]+$/.test(code) ? Number(code) : Infinity;
}

function codeCells(row: CodeRow): string[] {
  const only = row.operations === null ? '' : ` (${row.operations.join(', ')})`;
  return [
    `\`${row.code}\`${only}`,
    row.class,
    row.meaning,
    waitText(row.retryAfter),
    scopes[row.holds],
    row.source,
  ];
}

function waitText(wait: RetryAfter | null): string {
  switch (wait?.kind) {
    case undefined:
      return '';
    case 'delay':
      return duration(wait.ms);
    case 'steps':
      return wait.ms.map(duration).join(', ');
    case 'next_day':
      return 'the next day';
    case 'next_month':
      return 'the next month';
  }
}

function unsurePart(): string {
  return `
## Where sources disagree or are silent

The stricter reading holds unless an option says otherwise.

| question | here |
| --- | --- |
| Length of a button's link: 500 (JSDK) or 700 (K775) | 500; \`readings: loose\` takes 700 |
| Lengths of code 34016, documented for chat messages | they bind; \`readings: loose\` leaves them out |
| Whether 2,048 bytes are counted as UTF-8 and enforced | counted so, and enforced here |
| File in a message: 10 MB (K775) or 20 MB (K646) | the upload API's own 20 MB |
| Windows of progress and status bar: a day or seven | a day |
| Recipients a minute: 5,000 (K769) or 1,500 (K13) | 5,000, configurable |
| Unit of \`wait\` on the page of a ban | minutes: the page shows 5 where the text says five minutes (K12) |
| Time zone of times inside error texts | Beijing, UTC+8 |
| Whether tokens of the v1.0 API serve the old one | the old token API; \`tokenApi: v1\` changes it |
| Codes 143103 and 143104 as answers to a send | taken for refusals that a minute cures |
| A web page in place of an answer, HTTP below 500 | open outcome, and a pause as long as a ban |
| A code that no source lists | open outcome |`;
}

function sourcesPart(): string {
  const rows = sources.map(({ key, title, url }) => [key, title, url]);
  return `
## Sources

${table(['key', 'what', 'where'], rows)}`;
}

function limitTable(limits: readonly Limit[]): string {
  const rows = limits.map(({ value, unit, what, source, otherwise }) => [
    what,
    unit === 'ms' ? duration(value) : `${value.toLocaleString('en')} ${unit}`,
    source,
    otherwise,
  ]);
  return table(['what', 'limit', 'source', 'otherwise'], rows);
}

function limitText({ value, unit, source }: Limit): string {
  return `${value.toLocaleString('en')} ${unit} (${source})`;
}

function duration(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size} ${unit}`;
  }
  return `${ms / 1000} s`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

if (import.meta.main) {
  writeFileSync(new URL('../docs/dingtalk.md', import.meta.url), dingtalkDoc());
}
