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
  const hostPattern = new RegExp(`^${hostSource}$`);
  const pathPattern = new RegExp(`^${escapeForRegExp(path).replaceAll('\\*', '[^/]*')}`);
  return {
    ok: true,
    rule: {
      pattern,
      matches: (url) =>
        url.protocol === `${scheme.toLowerCase()}:` &&
        // What stands before an @ in an address is read as the host by people and by nobody else.
        url.username === '' &&
        url.password === '' &&
        hostPattern.test(url.host.toLowerCase()) &&
        pathPattern.test(url.pathname === '' ? '/' : url.pathname),
    },
  };
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const linkInText = /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s<>"'`\]）】》，。；]+/gi;
const maxLinks = 200;

/** Addresses in a text; in Markdown a closing bracket ends one. */
export function linksIn(text: string): readonly string[] {
  const found: string[] = [];
  for (const match of text.matchAll(linkInText)) {
    found.push(match[0].replace(/[).,;:!?\\]+$/, ''));
    if (found.length >= maxLinks) break;
  }
  return found;
}

/** Whether an address may stand in a message. DingTalk's own addresses count by the page that they open. */
export function isAllowed(address: string, rules: readonly LinkRule[]): boolean {
  const url = URL.parse(address.trim());
  if (url === null) return false;
  if (rules.some((rule) => rule.matches(url))) return true;
  if (url.protocol !== 'dingtalk:') return false;
  const inner = url.searchParams.get('url') ?? url.searchParams.get('redirect_url');
  const page = inner === null ? null : URL.parse(inner);
  return page !== null && page.protocol !== 'dingtalk:' && rules.some((rule) => rule.matches(page));
}
