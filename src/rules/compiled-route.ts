import type { RouteConfig } from '../config/config.ts';
import type { CompiledAudience } from './audience.ts';
import type { Expression } from './cel/expression.ts';
import type { LiquidTemplate } from './liquid/engine.ts';
import type { CompiledMessage } from './message/compiled-message.ts';

/** A route with everything compiled: what the evaluation of events works with. */
export interface CompiledRoute {
  readonly config: RouteConfig;
  /** Position among all routes. */
  readonly index: number;
  readonly agentId: number;
  readonly when: Expression | null;
  readonly forEach: Expression | null;
  readonly audience: CompiledAudience;
  readonly locale: Expression | null;
  readonly message: MessageChoice;
  /** Of a digest; the route's own when it names no other. */
  readonly digestMessage: MessageChoice | null;
  readonly dedupeKey: Expression | null;
  readonly throttleKey: Expression | null;
  readonly digestKey: Expression | null;
  readonly correlation: Expression | null;
}

/** A message, or its variants by locale. */
export interface MessageChoice {
  /** The template's name; null for a message written in the route. */
  readonly name: string | null;
  /** By locale; '' is the one without. At least one entry. */
  readonly variants: ReadonlyMap<string, CompiledMessage>;
  readonly defaultLocale: string;
}

/** A later event that recalls or updates what a route has sent. */
export interface CompiledSignal {
  readonly kind: 'recall' | 'update';
  readonly route: CompiledRoute;
  readonly on: readonly string[];
  readonly type: readonly string[];
  readonly when: Expression | null;
  readonly key: Expression;
  readonly statusValue: LiquidTemplate | string | null;
  readonly statusBg: string | null;
}

/** The variant for a locale: itself, its language alone, the one without a locale, the default's. */
export function chooseVariant(
  choice: MessageChoice,
  locale: string,
): { readonly name: string | null; readonly message: CompiledMessage } | null {
  const language = locale.split(/[-_]/, 1)[0] ?? '';
  for (const key of [locale, locale.replace('_', '-'), language, '', choice.defaultLocale]) {
    const message = choice.variants.get(key);
    if (message !== undefined) {
      return { name: choice.name === null || key === '' ? choice.name : `${choice.name}.${key}`, message };
    }
  }
  return null;
}
