import type { MessageConfig } from '../../config/config.ts';
import type { MessageType } from '../../model/plan.ts';
import type { LiquidTemplate } from '../liquid/engine.ts';

/** A message's tree with its texts compiled. */
export type CompiledField =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'liquid'; readonly template: LiquidTemplate }
  | { readonly kind: 'upload'; readonly path: string }
  | { readonly kind: 'list'; readonly items: readonly CompiledField[] }
  | { readonly kind: 'mapping'; readonly entries: readonly (readonly [string, CompiledField])[] };

export interface CompiledMessage {
  readonly type: MessageType;
  readonly content: CompiledField;
  readonly onTooLong: 'reject' | 'truncate';
  readonly config: MessageConfig;
}
