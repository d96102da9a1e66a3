import { fieldAdvice, fieldLimits, type Limit } from './limits.ts';
import type { Content, Field, FieldTable, TextField } from './field-types.ts';
import { fault, type MessageFault } from './message-fault.ts';

type TextSettings = Partial<Omit<TextField, 'kind' | 'name' | 'required'>>;

function text(name: string, required: boolean, settings: TextSettings = {}): TextField {
  return {
    kind: 'text',
    name,
    required,
    max: null,
    looseMax: settings.max ?? null,
    advice: null,
    format: null,
    formatAdvice: null,
    numeric: false,
    ...settings,
  };
}

const required = (name: string, settings: TextSettings = {}): TextField => text(name, true, settings);
const optional = (name: string, settings: TextSettings = {}): TextField => text(name, false, settings);
const media = (name: string, isRequired = true): Field => ({ kind: 'media', name, required: isRequired });
const url = (max: Limit | null = null, looseMax: Limit | null = max): TextSettings => ({
  max,
  looseMax,
  format: checkUrl,
});

function table(fields: readonly Field[], rule: FieldTable['rule'] = null): FieldTable {
  return { fields, rule };
}

/**
 * The fields of every message type in the order in which they are sent. Limits that only code 34016 states were
 * written for chat messages: they bind under the strict reading alone.
 */
export const messageFields = {
  text: table([
    required('content', { max: fieldLimits.textContent, looseMax: null, advice: fieldAdvice.textContent }),
  ]),
  image: table([media('media_id')]),
  voice: table([media('media_id'), required('duration', { numeric: true, format: checkDuration })]),
  file: table([media('media_id')]),
  link: table([
    required('messageUrl', url()),
    media('picUrl'),
    required('title', { advice: fieldAdvice.linkTitle }),
    required('text', { advice: fieldAdvice.linkText }),
  ]),
  markdown: table([required('title'), required('text', { max: fieldLimits.markdownText })]),
  oa: table([
    required('message_url', url()),
    optional('pc_message_url', url()),
    {
      kind: 'object',
      name: 'head',
      required: true,
      fields: [
        required('bgcolor', { format: checkHeadColour }),
        required('text', { max: fieldLimits.oaHeadText, looseMax: null }),
      ],
    },
    {
      kind: 'object',
      name: 'status_bar',
      required: false,
      fields: [
        optional('status_value'),
        optional('status_bg', { format: checkBarColour, formatAdvice: adviseBarColour }),
      ],
    },
    {
      kind: 'object',
      name: 'body',
      required: true,
      fields: [
        optional('title', { advice: fieldAdvice.oaBodyTitle }),
        {
          kind: 'list',
          name: 'form',
          required: false,
          item: [optional('key'), optional('value')],
          maxText: null,
          adviceItems: fieldAdvice.oaBodyFormRows,
        },
        { kind: 'object', name: 'rich', required: false, fields: [optional('num'), optional('unit')] },
        optional('content', { max: fieldLimits.oaBodyContent, looseMax: null }),
        media('image', false),
        optional('file_count', { numeric: true }),
        optional('author'),
      ],
    },
  ]),
  action_card: table(
    [
      optional('title', { max: fieldLimits.cardTitle, looseMax: null }),
      required('markdown', {
        max: fieldLimits.cardMarkdown,
        looseMax: null,
        advice: fieldAdvice.cardMarkdown,
      }),
      optional('single_title', { max: fieldLimits.singleTitle }),
      optional('single_url', url(fieldLimits.singleUrl)),
      optional('btn_orientation', { numeric: true, format: checkOrientation }),
      {
        kind: 'list',
        name: 'btn_json_list',
        required: false,
        item: [
          required('title', { max: fieldLimits.buttonTitle }),
          required('action_url', url(fieldLimits.linkActionUrl, fieldLimits.linkActionUrlLoose)),
        ],
        maxText: fieldLimits.buttonList,
        adviceItems: null,
      },
    ],
    oneKindOfCard,
  ),
} as const satisfies Record<string, FieldTable>;

/** Schemes that DingTalk's clients open from a message. Source: K776. */
const schemes = new Set(['http:', 'https:', 'dingtalk:', 'eapp:']);

function checkUrl(value: string): string | null {
  if (/\s/.test(value)) return 'must be a URL without white space';
  const parsed = URL.parse(value);
  if (parsed === null) return 'must be an absolute URL, like https://example.com/page';
  if (!schemes.has(parsed.protocol)) return 'must begin with https:, http:, dingtalk: or eapp:';
  if (parsed.protocol.startsWith('http') && !/^https?:\/\//i.test(value))
    return 'must begin with https:// or http://';
  return null;
}

function checkDuration(value: string): string | null {
  const seconds = Number(value);
  if (/^[1-9][0-9]*$/.test(value) && seconds <= fieldLimits.voiceSeconds.value) return null;
  return `must be whole seconds from 1 to ${fieldLimits.voiceSeconds.value}`;
}

function checkOrientation(value: string): string | null {
  return value === '0' || value === '1' ? null : 'must be "0" (one below the other) or "1" (side by side)';
}

function checkHeadColour(value: string): string | null {
  return /^[0-9a-f]{8}$/i.test(value)
    ? null
    : 'must be 8 hexadecimal digits AARRGGBB without 0x, like FFBBBBBB';
}

function checkBarColour(value: string): string | null {
  return /^0x[0-9a-f]{8}$/i.test(value) ? null : 'must be 0xFF and six hexadecimal digits, like 0xFF78C06E';
}

function adviseBarColour(value: string): string | null {
  return /^0xff/i.test(value) ? null : 'should begin with 0xFF (opaque)';
}

/** A card has either one button for the whole of it or a list of buttons; both or neither is refused (K775). */
function oneKindOfCard(card: Content, path: string): MessageFault[] {
  const has = (name: string): boolean => card[name] !== undefined;
  const single = has('single_title') || has('single_url');
  const multi = has('btn_orientation') || has('btn_json_list');
  if (single && multi) {
    return [
      fault(
        path,
        'conflict',
        'takes single_title and single_url, or btn_orientation and btn_json_list, not both',
      ),
    ];
  }
  if (!single && !multi) {
    return [
      fault(path, 'missing', 'needs single_title and single_url, or btn_orientation and btn_json_list'),
    ];
  }
  const pair = single ? ['single_title', 'single_url'] : ['btn_orientation', 'btn_json_list'];
  return pair
    .filter((name) => !has(name))
    .map((name) =>
      fault(
        `${path}.${name}`,
        'missing',
        `is required with ${pair.filter((other) => other !== name).join()}`,
      ),
    );
}
