import { html, nothing, type Html } from './html.ts';

/**
 * The part of Markdown that DingTalk shows in messages: headings, quotes, lists, bold, italic, links and pictures.
 * Source: DingTalk "消息类型与数据格式", Markdown 语法. Links are drawn, not followed, and pictures are named, not
 * fetched: the page contacts nobody.
 */
const longestText = 10_000;

export function markdown(text: string): Html {
  const lines = text.slice(0, longestText).split(/\r?\n/);
  const blocks: Html[] = [];
  for (let index = 0; index < lines.length;) {
    const run = (pattern: RegExp): string[] => {
      const from = index;
      while (index < lines.length && pattern.test(lines[index] ?? '')) index += 1;
      return lines.slice(from, index).map((line) => line.replace(pattern, ''));
    };
    const line = lines[index] ?? '';
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (heading !== null) {
      blocks.push(html`<p class="h${heading[1]?.length ?? 1}">${inline(heading[2] ?? '')}</p>`);
      index += 1;
    } else if (quoted.test(line)) {
      blocks.push(html`<blockquote>${joined(run(quoted))}</blockquote>`);
    } else if (bullet.test(line)) {
      blocks.push(
        html`<ul>
          ${run(bullet).map((item) => html`<li>${inline(item)}</li>`)}
        </ul>`,
      );
    } else if (numbered.test(line)) {
      blocks.push(
        html`<ol>
          ${run(numbered).map((item) => html`<li>${inline(item)}</li>`)}
        </ol>`,
      );
    } else if (line.trim() === '') {
      index += 1;
    } else if (/^\s*(?:-{3,}|\*{3,})\s*$/.test(line)) {
      blocks.push(html`<hr />`);
      index += 1;
    } else {
      const from = index;
      while (index < lines.length && isPlain(lines[index] ?? '')) index += 1;
      blocks.push(html`<p>${joined(lines.slice(from, Math.max(index, from + 1)))}</p>`);
      index = Math.max(index, from + 1);
    }
  }
  return html`${blocks}`;
}

const quoted = /^\s*>\s?/;
const bullet = /^\s*[-*+]\s+/;
const numbered = /^\s*\d{1,4}[.、]\s+/;

function isPlain(line: string): boolean {
  return line.trim() !== '' && ![quoted, bullet, numbered, /^#{1,6}\s/].some((pattern) => pattern.test(line));
}

function joined(lines: readonly string[]): Html {
  return html`${lines.map((line, index) => html`${index === 0 ? nothing : html`<br />`}${inline(line)}`)}`;
}

const marked = /\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|(!?)\[([^\][]*)\]\(([^()\s]*)\)/g;

function inline(text: string): Html {
  const parts: Html[] = [];
  let at = 0;
  for (const match of text.matchAll(marked)) {
    parts.push(html`${text.slice(at, match.index)}`);
    const [whole, bold, italic, picture, label, address] = match;
    if (bold !== undefined) parts.push(html`<b>${bold}</b>`);
    else if (italic !== undefined) parts.push(html`<i>${italic}</i>`);
    else if (picture === '!')
      parts.push(html`<span class="picture" title="${address ?? ''}">${label || '🖼'}</span>`);
    else parts.push(html`<span class="link" title="${address ?? ''}">${label ?? ''}</span>`);
    at = match.index + whole.length;
  }
  parts.push(html`${text.slice(at)}`);
  return html`${parts}`;
}
