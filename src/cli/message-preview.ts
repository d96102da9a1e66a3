import { oneLine, widthOf } from './table.ts';

/** A message as a card of characters, about as DingTalk draws it: for a look, not for the eye. */
export function messagePreview(body: string): string {
  const { msgtype, ...rest } = JSON.parse(body) as { msgtype: string } & Record<string, Fields>;
  const lines = linesOf(msgtype, rest[msgtype] ?? {}).flatMap((line) => wrapped(oneLine(line)));
  const edge = '─'.repeat(width + 2);
  const inner = lines.map((line) => `│ ${line}${' '.repeat(Math.max(0, width - widthOf(line)))} │`);
  return [`┌${edge}┐`, ...inner, `└${edge}┘`].join('\n');
}

type Fields = Readonly<Record<string, unknown>>;

const width = 60;

function linesOf(type: string, fields: Fields): readonly string[] {
  const text = (key: string): string => textAt(fields, key);
  switch (type) {
    case 'text':
      return text('content').split('\n');
    case 'markdown':
      return [text('title'), '', ...plainMarkdown(text('text'))];
    case 'link':
      return [text('title'), ...text('text').split('\n'), picture(text('picUrl')), `→ ${text('messageUrl')}`];
    case 'action_card':
      return [text('title'), '', ...plainMarkdown(text('markdown')), '', ...buttons(fields)];
    case 'oa':
      return oaLines(fields);
    default:
      return [picture(text('media_id'), type), ...(text('duration') === '' ? [] : [`${text('duration')} s`])];
  }
}

function oaLines(fields: Fields): readonly string[] {
  const body = mappingAt(fields, 'body');
  const rich = mappingAt(body, 'rich');
  const status = mappingAt(fields, 'status_bar');
  const form = listAt(body, 'form').map((row) => `${textAt(row, 'key')} ${textAt(row, 'value')}`);
  const files = textAt(body, 'file_count');
  const lines = [
    textAt(mappingAt(fields, 'head'), 'text'),
    textAt(status, 'status_value') === '' ? '' : `[${textAt(status, 'status_value')}]`,
    textAt(body, 'title'),
    ...form,
    `${textAt(rich, 'num')} ${textAt(rich, 'unit')}`.trim(),
    ...textAt(body, 'content').split('\n'),
    picture(textAt(body, 'image')),
    files === '' ? '' : `${files} files`,
    textAt(body, 'author'),
    `→ ${textAt(fields, 'message_url')}`,
  ];
  return lines.filter((line) => line !== '');
}

function buttons(fields: Fields): readonly string[] {
  const single = { title: fields['single_title'], action_url: fields['single_url'] };
  const all = fields['single_title'] === undefined ? listAt(fields, 'btn_json_list') : [single];
  return all.map((button) => `[ ${textAt(button, 'title')} ] → ${textAt(button, 'action_url')}`);
}

/** What the signs of Markdown mean, as far as characters can show it. */
function plainMarkdown(markdown: string): readonly string[] {
  return markdown
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace(/^#{1,6} +/, '')
        .replace(/^> ?/, '▏ ')
        .replace(/^[-*+] +/, '• ')
        .replace(/(?<!\\)!\[[^\]\\]*\]\(([^)]*)\)/g, (_, url: string) => picture(url))
        .replace(/(?<!\\)\[([^\]\\]*)\]\(([^)]*)\)/g, '$1 ($2)')
        .replace(/(?<!\\)(\*\*|__|`)/g, '')
        .replace(/\\([\\`*_[\]<>#|~!+.)=-])/g, '$1'),
    );
}

function picture(address: string, kind = 'image'): string {
  return address === '' ? '' : `(${kind} ${address})`;
}

function textAt(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function mappingAt(fields: Fields, key: string): Fields {
  const value = fields[key];
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listAt(fields: Fields, key: string): readonly Fields[] {
  const value = fields[key];
  return Array.isArray(value) ? (value as readonly Fields[]) : [];
}

/** Cut at the card's edge, between characters: Chinese has no spaces to cut at. */
function wrapped(line: string): readonly string[] {
  const lines: string[] = [];
  let current = '';
  let columns = 0;
  for (const char of line) {
    const size = widthOf(char);
    if (columns + size > width) {
      lines.push(current);
      current = '';
      columns = 0;
    }
    current += char;
    columns += size;
  }
  return [...lines, current];
}
