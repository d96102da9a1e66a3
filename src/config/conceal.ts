/** Keys whose value is a secret, wherever they stand. */
const secretKeys = String.raw`(?:app_secret|client_secret|password|passphrase|(?:admin_|read_)?token)`;
/** A mapping such as `{ file: … }` and a variable say nothing of the secret itself. */
const secretValue = new RegExp(
  String.raw`(\b${secretKeys}["']?\s*:\s+)(?![{|>]|["']?\$\{)("[^"]*"?|'[^']*'?|[^\s,}#][^,}]*)`,
  'g',
);
/** `user:password@host`, with or without a scheme. */
const userinfo = /([\w.%+~-]+:)([^\s@"'/]+)(?=@[\w.[])/g;
const mobile = /(?<!\d)(1[3-9]\d)([- ]?\d{4}[- ]?\d{2})(?=\d{2}(?!\d))/g;

/**
 * A piece of a configuration file as it may be shown: secrets, passwords in addresses and mobile numbers give way to
 * as many stars, so that marks below a line stay where they belong.
 */
export function conceal(text: string): string {
  return [secretValue, userinfo, mobile].reduce(
    (shown, pattern) =>
      shown.replace(pattern, (_all, before: string, hidden: string) => before + '*'.repeat(hidden.length)),
    text,
  );
}
