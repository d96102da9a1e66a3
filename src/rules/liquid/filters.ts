import { suggest } from '../../config/suggest.ts';
import { maskMobile } from '../../base/sensitive.ts';
import { pageLink } from '../../dingtalk/links.ts';
import { truncateUtf8 } from '../message/truncate.ts';
import { formatTime, parseTime, relativeTime } from './times.ts';
import { FilterFault } from './filter-fault.ts';
import { escapeMarkdown } from './markdown.ts';
import { formatMoney } from './money.ts';
import { printed } from './view.ts';

/** What a filter can ask of the rendering it runs in. */
export interface FilterSurroundings {
  readonly timeZone: string;
  readonly nowMs: number;
}

export interface OwnFilter {
  /** True: what it gives is not escaped again in Markdown fields. */
  readonly raw: boolean;
  readonly run: (input: unknown, args: FilterArguments, surroundings: FilterSurroundings) => unknown;
}

/** Positional arguments, and those given by name. */
export interface FilterArguments {
  readonly list: readonly unknown[];
  readonly named: ReadonlyMap<string, unknown>;
}

/** The filters that this program adds to Liquid's own, or replaces. docs/rules.md describes each. */
export const ownFilters: Readonly<Record<string, OwnFilter>> = {
  money: {
    raw: false,
    run: (input, { list, named }) =>
      formatMoney(input, {
        currency: textArgument(list[0] ?? named.get('currency'), 'CNY'),
        unit: textArgument(list[1] ?? named.get('unit'), 'minor'),
        locale: textArgument(named.get('locale'), 'zh-CN'),
      }),
  },
  date: {
    raw: false,
    run: (input, { list }, { timeZone, nowMs }) => {
      const ms = parseTime(input, nowMs, timeZone);
      if (ms === null) throw new FilterFault('date: the value is not a time');
      return formatTime(ms, textArgument(list[0], '%Y-%m-%d %H:%M'), textArgument(list[1], timeZone));
    },
  },
  relative_time: {
    raw: false,
    run: (input, { list }, { timeZone, nowMs }) => {
      const ms = parseTime(input, nowMs, timeZone);
      if (ms === null) throw new FilterFault('relative_time: the value is not a time');
      return relativeTime(ms, nowMs, textArgument(list[0], 'zh-CN'));
    },
  },
  truncate_bytes: {
    raw: false,
    run: (input, { list }) => {
      const most = Number(list[0]);
      if (!Number.isInteger(most) || most < 0)
        throw new FilterFault('truncate_bytes: needs a number of bytes');
      return truncateUtf8(printed(input), most, textArgument(list[1], '…'));
    },
  },
  mask: { raw: false, run: (input) => maskMobile(printed(input)) },
  md_escape: { raw: true, run: (input) => escapeMarkdown(printed(input)) },
  dingtalk_link: {
    raw: true,
    run: (input, { list }) =>
      escapeParentheses(pageLink(printed(input), { sidePanel: list[0] !== 'browser' })),
  },
  url_encode: { raw: true, run: (input) => urlEncode(printed(input)) },
  default: {
    raw: false,
    run: (input, { list }) =>
      input === null || input === undefined || input === false || input === '' ? (list[0] ?? '') : input,
  },
  raw: { raw: true, run: (input) => printed(input) },
};

/**
 * Liquid's own filters that are offered. Left out are those that read the clock or chance (a template must give the
 * same message every time), that run for ever on some texts, or that make HTML.
 */
export const standardFilters: readonly string[] = [
  'abs',
  'append',
  'at_least',
  'at_most',
  'capitalize',
  'ceil',
  'compact',
  'concat',
  'divided_by',
  'downcase',
  'first',
  'floor',
  'group_by',
  'has',
  'join',
  'json',
  'last',
  'lstrip',
  'map',
  'minus',
  'modulo',
  'plus',
  'prepend',
  'push',
  'reject',
  'remove',
  'remove_first',
  'remove_last',
  'replace',
  'replace_first',
  'replace_last',
  'reverse',
  'round',
  'rstrip',
  'size',
  'slice',
  'sort',
  'sort_natural',
  'split',
  'strip',
  'strip_newlines',
  'sum',
  'times',
  'truncate',
  'truncatewords',
  'uniq',
  'upcase',
  'where',
];

/** Those of the filters above that calculate; `sum` and the others can overflow as well as divide by zero. */
export const calculations: readonly string[] = [
  'abs',
  'at_least',
  'at_most',
  'ceil',
  'divided_by',
  'floor',
  'minus',
  'modulo',
  'plus',
  'round',
  'sum',
  'times',
];

function textArgument(value: unknown, fallback: string): string {
  return value === undefined || value === null || value === '' ? fallback : printed(value);
}

/** Unlike the standard function also for the characters that mean something within a Markdown link. */
export function urlEncode(text: string): string {
  // A lone half of a surrogate pair cannot be encoded; it is shown as the replacement character.
  return escapeParentheses(encodeURIComponent(text.toWellFormed()));
}

function escapeParentheses(url: string): string {
  return url.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The filter that was probably meant. */
export function filterHint(name: string): string {
  const known = [...Object.keys(ownFilters), ...standardFilters];
  const meant = suggest(name, known);
  return meant === null ? 'docs/rules.md lists the filters' : `did you mean ${meant}?`;
}
