import { html } from 'hono/html';
import { join, webLink, type Markup } from './markup.ts';

/**
 * The Markdown that DingTalk documents for messages (K775): headings, quotes, bold, italic, links, pictures and lists,
 * plus code spans. It builds markup from escaped texts alone; HTML in the source stays text. Pictures are not loaded
 * from other hosts, they show as a labelled box.
 */
export function markdown(source: string, picture: (url: string, label: string) => Markup): Markup {
  const lines = source.replace(/\r\n?/g, '\n').split('\n');
  const blocks: Markup[] = [];
  for (let index = 0; index < lines.length;) {
    const block = blockAt(lines, index);
    index = block.end;
    if (block.kind !== null) blocks.push(render(block, picture));
  }
  return html`<div class="md">${join(blocks)}</div>`;
}

interface Block {
  readonly kind: 'heading' | 'quote' | 'bullets' | 'numbers' | 'rule' | 'paragraph' | null;
  readonly level: number;
  readonly lines: readonly string[];
  readonly end: number;
}

const bullet = /^\s{0,3}[-*+]\s+/;
const numbered = /^\s{0,3}\d{1,4}[.)]\s+/;
const quote = /^\s{0,3}>\s?/;
const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const rule = /^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/;

function blockAt(lines: readonly string[], start: number): Block {
  const line = lines[start] ?? '';
  if (line.trim() === '') return { kind: null, level: 0, lines: [], end: start + 1 };
  const title = heading.exec(line);
  if (title !== null) {
    return { kind: 'heading', level: title[1]?.length ?? 1, lines: [title[2] ?? ''], end: start + 1 };
  }
  if (rule.test(line)) return { kind: 'rule', level: 0, lines: [], end: start + 1 };
  for (const [kind, mark] of [
    ['quote', quote],
    ['bullets', bullet],
    ['numbers', numbered],
  ] as const) {
    if (!mark.test(line)) continue;
    const end = endOf(lines, start, (next) => mark.test(next));
    return { kind, level: 0, lines: lines.slice(start, end).map((one) => one.replace(mark, '')), end };
  }
  const plain = (next: string): boolean =>
    next.trim() !== '' && ![heading, rule, quote, bullet, numbered].some((mark) => mark.test(next));
  const end = endOf(lines, start, plain);
  return { kind: 'paragraph', level: 0, lines: lines.slice(start, end), end };
}

function endOf(lines: readonly string[], start: number, belongs: (line: string) => boolean): number {
  let end = start + 1;
  while (end < lines.length && belongs(lines[end] ?? '')) end++;
  return end;
}

function render(block: Block, picture: (url: string, label: string) => Markup): Markup {
  const lines = block.lines.map((line) => inline(line.trim(), picture));
  const broken = join(lines.map((line, index) => (index === 0 ? line : html`<br />${line}`)));
  switch (block.kind) {
    case 'heading':
      return html`<div class="h h${block.level}" role="heading" aria-level="${block.level}">${broken}</div>`;
    case 'quote':
      return html`<blockquote>${broken}</blockquote>`;
    case 'bullets':
      return html`<ul>
        ${lines.map((line) => html`<li>${line}</li>`)}
      </ul>`;
    case 'numbers':
      return html`<ol>
        ${lines.map((line) => html`<li>${line}</li>`)}
      </ol>`;
    case 'rule':
      return html`<hr />`;
    default:
      return html`<p>${broken}</p>`;
  }
}

// Each alternative is linear: no group repeats something that can match the same text twice.
const token =
  /\\([\\`*_{}[\]()#+\-.!>~|])|(`)([^`\n]+)`|(!?)\[([^[\]\n]{0,500})\]\(([^()\s]{1,1000})\)|\*\*([^*\n]{1,1000})\*\*|__([^_\n]{1,1000})__|\*([^*\s][^*\n]{0,1000})\*|~~([^~\n]{1,1000})~~/g;

/** Texts within a line. Nesting goes one way down: emphasis may hold links, not the other way round. */
function inline(text: string, picture: (url: string, label: string) => Markup, depth = 0): Markup {
  if (depth > 3) return html`${text}`;
  const inner = (part: string): Markup => inline(part, picture, depth + 1);
  const pieces: Markup[] = [];
  let position = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > position) pieces.push(html`${text.slice(position, match.index)}`);
    position = match.index + match[0].length;
    const [, escaped, , code, bang, label = '', url, strong, strong2, emphasis, struck] = match;
    if (escaped !== undefined) pieces.push(html`${escaped}`);
    else if (code !== undefined) pieces.push(html`<code>${code}</code>`);
    else if (url !== undefined) {
      pieces.push(bang === '!' ? picture(url, label) : webLink(url, label === '' ? url : label));
    } else if (strong !== undefined || strong2 !== undefined) {
      pieces.push(html`<strong>${inner(strong ?? strong2 ?? '')}</strong>`);
    } else if (emphasis !== undefined) pieces.push(html`<em>${inner(emphasis)}</em>`);
    else if (struck !== undefined) pieces.push(html`<del>${inner(struck)}</del>`);
  }
  if (position < text.length) pieces.push(html`${text.slice(position)}`);
  return join(pieces);
}
