import { RE2JS } from 're2js';
import { callLimits } from '../../dingtalk/limits.ts';

/** Which links may stand in messages: `links.allow` of the configuration. */
export interface LinkRule {
  readonly pattern: string;
  matches(url: URL): boolean;
}

export type LinkRuleResult =
  { readonly ok: true; readonly rule: LinkRule } | { readonly ok: false; readonly message: string };

/** `https://*.example.com/wiki/`: a scheme, a host in which `*` is any part without a dot or slash, and a path prefix. */
export function compileLinkRule(pattern: string): LinkRuleResult {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\s]+)(\/[^\s]*)?$/i.exec(pattern);
  if (match === null) {
    return {
      ok: false,
      message: 'a pattern for links begins with a scheme and a host, as https://ops.example.com/',
    };
  }
  const [, scheme = '', host = '', path = '/'] = match;
  // A star alone for the first label also takes several: `*.example.com` allows `a.b.example.com`.
  const hostSource = escapeForRegExp(host.toLowerCase()).replaceAll('\\*', '[a-z0-9-]+(?:\\.[a-z0-9-]+)*');
  // RE2, because addresses come from events and several stars would try every way to share a long one between them.
  const hostPattern = RE2JS.compile(`^${hostSource}$`);
  const pathPattern = RE2JS.compile(`^${escapeForRegExp(path).replaceAll('\\*', '[^/]*')}`);
  return {
    ok: true,
    rule: {
      pattern,
      matches: (url) =>
        url.protocol === `${scheme.toLowerCase()}:` &&
        // What stands before an @ in an address is read as the host by people and by nobody else.
        url.username === '' &&
        url.password === '' &&
        hostPattern.matcher(url.host.toLowerCase()).find() &&
        pathPattern.matcher(url.pathname === '' ? '/' : url.pathname).find(),
    },
  };
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const linkInText = /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s<>"'`\]）】》，。；]+/gi;
/** No message has room for more. */
const maxLinks = 200;

/**
 * What Markdown makes a link of, besides: the target behind `](`, in `<…>`, and behind `[…]:` where it is no sentence.
 * Backslashes in pairs escape only each other. A target ends before `]`, which may be the text of the next link.
 */
const linksOfMarkdown = [
  /(?<!\\)(?:\\\\)*\]\(\s*(?:<([^<>\]\n]*)|([^\s<>)\]]*))/g,
  /(?<!\\)(?:\\\\)*<([a-z][a-z0-9+.-]{1,31}:[^\s<>]*)>/gi,
  /^[ \t>*+-]*\[(?:[^\]\\\n]|\\.)+\]:\s*<?((?:[a-z][a-z0-9+.-]*\\?:|www\.|[\\/]{2})[^\s<>]+)>?[ \t]*(?=$|["'(])/gim,
];

/** Addresses in a text. */
export function linksIn(text: string, markdown: boolean): readonly string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(linkInText)) {
    found.add(withoutClosing(match[0]));
    if (found.size >= maxLinks) break;
  }
  return markdown ? [...found, ...targetsIn(text)] : [...found];
}

function targetsIn(text: string): readonly string[] {
  const targets = linksOfMarkdown
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map(([, first, second]) => withoutEscapes(first ?? second ?? '').trim())
    .filter((target) => target !== '' && !isMediaId(target));
  return [...new Set(targets)].slice(0, maxLinks);
}

function withoutEscapes(markdown: string): string {
  return markdown.replace(/\\([!-/:-@[-`{-~])/g, '$1');
}

/** A media id may stand where an address may. */
export function isMediaId(text: string): boolean {
  return /^[@$]/.test(text);
}

/** What ends a sentence or, in Markdown, a bracket does not belong to the address before it. */
function withoutClosing(address: string): string {
  let end = address.length;
  while (end > 0 && ').,;:!?\\'.includes(address.charAt(end - 1))) end -= 1;
  return address.slice(0, end);
}

/** No message has room for a longer one. */
const longestAddress = callLimits.messageBytes.value;

/** Whether an address may stand in a message. DingTalk's own addresses count by the page that they open. */
export function isAllowed(address: string, rules: readonly LinkRule[]): boolean {
  const url = address.length > longestAddress ? null : URL.parse(address.trim());
  if (url === null) return false;
  if (rules.some((rule) => rule.matches(url))) return true;
  if (url.protocol !== 'dingtalk:') return false;
  const pages = [...url.searchParams].filter(([key]) => /^(redirect_)?url$/i.test(key));
  return pages.length > 0 && pages.every(([, page]) => isAllowedPage(page, rules));
}

/** An address of DingTalk's own within one would have to be opened to tell where it leads. */
function isAllowedPage(address: string, rules: readonly LinkRule[]): boolean {
  const url = URL.parse(address);
  return url !== null && url.protocol !== 'dingtalk:' && rules.some((rule) => rule.matches(url));
}
