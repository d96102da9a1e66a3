import { EventScope } from './event-scope.ts';
import { RouteRenderBudget } from './liquid/limits.ts';
import type { CompiledMessage } from './message/compiled-message.ts';
import { renderMessage } from './message/render-message.ts';
import { failed } from './evaluate-route.ts';
import type { Program } from './plan-event.ts';
import type { RenderInput, TemplateRendering } from './rules.ts';

/** Renders one template outside of any route: for previews and for the samples of templates. */
export function renderTemplate(
  program: Program,
  template: CompiledMessage,
  input: RenderInput,
  nowMs: number,
): TemplateRendering {
  const scope = new EventScope(input.event, nowMs, program.timeZone);
  if (!scope.cel.ok) {
    return { kind: 'failure', failure: failed('template_error', 'render', scope.cel.message) };
  }
  const members = input.digest?.members.map((event) => new EventScope(event, nowMs, program.timeZone));
  const liquid = {
    ...(input.item === undefined ? scope.liquid : scope.withItem(input.item)),
    ...(members === undefined
      ? {}
      : {
          items: members.map((member) => ({ data: member.liquid['data'], meta: member.liquid['meta'] })),
          count: members.length,
          key: input.digest?.key ?? '',
        }),
  };
  const budget = new RouteRenderBudget({ members: members?.length ?? 0 });
  const result = renderMessage(template, { liquid, nowMs, appendTimeMs: null, budget }, program.rules);
  return result.ok
    ? { kind: 'message', message: result.message }
    : { kind: 'failure', failure: result.failure };
}
