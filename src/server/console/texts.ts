import { en, type TextKey, type Texts } from './texts-en.ts';
import { zh } from './texts-zh.ts';

export type Language = 'en' | 'zh';

export const texts: Readonly<Record<Language, Texts>> = { en, zh };

/** The language that was chosen by hand, else the first of the browser's that we speak; English when none. */
export function languageOf(chosen: string | null, acceptLanguage: string | null): Language {
  if (chosen === 'en' || chosen === 'zh') return chosen;
  for (const entry of (acceptLanguage ?? '').split(',')) {
    const tag = entry.trim().toLowerCase();
    if (tag.startsWith('zh')) return 'zh';
    if (tag.startsWith('en')) return 'en';
  }
  return 'en';
}

/** The text of a key that is put together, such as `status_` + status; the word itself when there is none. */
export function wordOf(t: Texts, prefix: string, word: string): string {
  const key = `${prefix}_${word}`;
  return isTextKey(key) ? t[key] : word.replaceAll('_', ' ');
}

/** Fills `{name}` places of a text. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

function isTextKey(key: string): key is TextKey {
  return Object.hasOwn(en, key);
}
