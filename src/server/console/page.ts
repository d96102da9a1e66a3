import type { Services } from '../services.ts';
import type { Html } from './html.ts';
import type { Language } from './texts.ts';
import type { Texts } from './texts-en.ts';

/** What every page is drawn with. */
export interface PageContext {
  readonly t: Texts;
  readonly language: Language;
  /** Set when the reader chose one by hand; links carry it on. */
  readonly chosenLanguage: Language | null;
  readonly services: Services;
  /** Without empty parameters and without `lang`. */
  readonly query: Readonly<Record<string, string>>;
  /** Path parameters. */
  readonly params: Readonly<Record<string, string>>;
  /** An address of the console in the language that was chosen. */
  readonly link: (path: string, query?: Readonly<Record<string, string | null>>) => string;
  /** False when no admin token is configured, so that buttons can say why they do nothing. */
  readonly canChange: boolean;
}

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** 404 for what does not exist; 200 when absent. */
  readonly status?: 200 | 404;
}

export type PageMaker = (context: PageContext) => Page | Promise<Page>;
