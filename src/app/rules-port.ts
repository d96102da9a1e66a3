import type { Clock } from '../base/clock.ts';
import type { RulesPort } from '../server/ports.ts';
import { eventFromInput } from '../rules/event-input.ts';
import type { Current } from './current.ts';

export interface RulesPortParts {
  readonly current: Current;
  readonly clock: Clock;
  readonly replay: RulesPort['replay'];
}

/** The rules in force, for the route explorer. */
export function createRulesPort({ current, clock, replay }: RulesPortParts): RulesPort {
  return {
    explain(input) {
      const { rules } = current.active;
      const read = eventFromInput(input, clock.now());
      if (!read.ok) return Promise.resolve(read);
      return Promise.resolve({ ok: true, value: rules.explain(read.event, clock.now()) });
    },
    explainRecorded: null,
    render(template, input) {
      const { rules } = current.active;
      const read = eventFromInput(input, clock.now());
      if (!read.ok) return Promise.resolve(read);
      const rendered = rules.render(template, { event: read.event }, clock.now());
      switch (rendered.kind) {
        case 'message':
          return Promise.resolve({ ok: true, value: rendered.message });
        case 'failure':
          return Promise.resolve({ ok: false, message: rendered.failure.message });
        case 'unknown_template': {
          const hint = rendered.suggestion === null ? '' : `; did you mean ${rendered.suggestion}?`;
          return Promise.resolve({ ok: false, message: `there is no template "${template}"${hint}` });
        }
      }
    },
    replay,
  };
}
