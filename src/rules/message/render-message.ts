import { checkMessage, canonicalMessage, type DingTalkMessage } from '../../dingtalk/messages.ts';
import type { MessageFault } from '../../dingtalk/message-fault.ts';
import type { PlanFailure, RenderedMessage } from '../../model/plan.ts';
import type { LiquidEngine, LiquidTemplate } from '../liquid/engine.ts';
import type { RouteRenderBudget } from '../liquid/limits.ts';
import { formatTime } from '../liquid/times.ts';
import type { CompiledMessage } from './compiled-message.ts';
import { mainTextPath, roleOf } from './fields.ts';
import { isAllowed, isMediaId, linksIn, type LinkRule } from './links.ts';
import { leavesOf, treeOf, type Rendered, type Tree } from './message-tree.ts';
import { shorten } from './shorten.ts';

export type MessageResult =
  | { readonly ok: true; readonly message: RenderedMessage }
  | { readonly ok: false; readonly failure: PlanFailure };

export interface MessageScope {
  /** What templates see. */
  readonly liquid: object;
  readonly nowMs: number;
  /** For `same_content: append_event_time`; null = nothing is appended. */
  readonly appendTimeMs: number | null;
  readonly budget: RouteRenderBudget | null;
}

export interface MessageRules {
  readonly engine: LiquidEngine;
  readonly timeZone: string;
  /** Null = every link is allowed. */
  readonly links: readonly LinkRule[] | null;
}

/** Renders a message for one event, checks it as DingTalk would, and gives the bytes that will be sent. */
export function renderMessage(
  compiled: CompiledMessage,
  scope: MessageScope,
  rules: MessageRules,
): MessageResult {
  const rendered = treeOf(compiled.content, [], { scope, engine: rules.engine }, renderText);
  if (!rendered.ok) {
    const where = [compiled.type, ...rendered.path].join('.');
    return fail('template_error', `${where}: ${rendered.message}`);
  }
  const content = rendered.tree as { [key: string]: Tree };
  const suffix = appendTime(compiled, content, scope, rules.timeZone);
  const blocked = rules.links === null ? null : blockedLink(compiled, content, rules.links);
  if (blocked !== null) {
    return fail('message_invalid', `${compiled.type}.${blocked}: the link is not on the list links.allow`);
  }
  let checked = checkMessage({ msgtype: compiled.type, [compiled.type]: content });
  if (checked.message === null && compiled.onTooLong === 'truncate') {
    checked = shorten(compiled.type, content, suffix, checked);
  }
  if (checked.message === null) return refuse(checked.faults);
  return { ok: true, message: finish(checked.message) };
}

function renderText(
  template: LiquidTemplate,
  { scope, engine }: { readonly scope: MessageScope; readonly engine: LiquidEngine },
): Rendered {
  return engine.render(template, scope.liquid, scope.nowMs, scope.budget);
}

function finish(message: DingTalkMessage): RenderedMessage {
  const { body, bytes, statusBar } = canonicalMessage(message);
  return { msgtype: message.msgtype, body, bytes, statusBar };
}

function fail(reason: PlanFailure['reason'], message: string): MessageResult {
  return { ok: false, failure: { reason, stage: 'render', message } };
}

function refuse(faults: readonly MessageFault[]): MessageResult {
  const text = faults
    .slice(0, 5)
    .map((found) => `${found.path} ${found.message}`)
    .join('; ');
  const tooLong = faults.length > 0 && faults.every((found) => found.code === 'too_long');
  return fail(tooLong ? 'message_too_long' : 'message_invalid', text);
}

/** Makes an otherwise equal message of a later event another one; gives what was appended. */
function appendTime(
  compiled: CompiledMessage,
  content: { [key: string]: Tree },
  scope: MessageScope,
  timeZone: string,
): string {
  const path = mainTextPath(compiled.type);
  if (scope.appendTimeMs === null || path === null) return '';
  const milliseconds = scope.appendTimeMs % 1000 === 0 ? '' : '.%L';
  const time = formatTime(scope.appendTimeMs, `%Y-%m-%d %H:%M:%S${milliseconds}`, timeZone);
  const suffix = `${roleOf(compiled.type, path).markdown ? '\n\n' : '\n'}${time}`;
  let parent = content;
  for (const key of path.slice(0, -1)) {
    const inner = parent[key];
    if (typeof inner !== 'object' || Array.isArray(inner)) return '';
    parent = inner;
  }
  const last = path.at(-1) ?? '';
  const text = parent[last];
  parent[last] = typeof text === 'string' && text !== '' ? text + suffix : suffix.trim();
  return suffix;
}

/** The path of the first field with a link that is not allowed. */
function blockedLink(
  compiled: CompiledMessage,
  content: { [key: string]: Tree },
  allowed: readonly LinkRule[],
): string | null {
  for (const { path, text } of leavesOf(content)) {
    const { links, markdown } = roleOf(compiled.type, path);
    if (links === null || text === '') continue;
    const addresses = links === 'address' && !isMediaId(text) ? [text] : linksIn(text, markdown);
    if (addresses.some((address) => !isAllowed(address, allowed))) return path.join('.');
  }
  return null;
}
