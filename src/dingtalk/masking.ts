/**
 * Makes DingTalk's own texts fit for logs, results and pages: they quote what they complain about, which may be a
 * token, a secret or a mobile number.
 */
import { maskMobile, type Sensitive } from '../base/sensitive.ts';

const longestText = 500;

/** The text without mobile numbers and without the given values, cut to a readable length. */
export function maskText(text: string, hidden: readonly Sensitive[]): string {
  let masked = text;
  for (const value of hidden) {
    const plain = value.reveal();
    if (plain !== '') masked = masked.replaceAll(plain, String(value));
  }
  masked = masked
    .replace(
      /((?:access_?token|app_?secret|client_?secret)["']?\s*[=:]\s*["']?)[^\s"'&,;)\]}]+/gi,
      '$1[secret]',
    )
    .replace(/(?<![0-9])(?:(?:\+|00)?86[- ]?)?1[3-9][0-9]{9}(?![0-9])/g, (number) => maskMobile(number));
  const flat = masked.replace(/\s+/g, ' ').trim();
  return flat.length <= longestText ? flat : `${flat.slice(0, longestText - 1).toWellFormed()}…`;
}
