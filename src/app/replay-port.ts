import type { Clock } from '../base/clock.ts';
import type { EventDecoder } from '../events/outcome.ts';
import type { FoundDifference } from '../rules/replay/replay.ts';
import type { Answer, ReplayReport, RulesPort } from '../server/ports.ts';
import type { Active } from './configuration.ts';
import type { Current } from './current.ts';
import { createReplayRun } from './replay-run.ts';

export interface ReplayPortParts {
  readonly current: Current;
  readonly decoder: EventDecoder;
  readonly clock: Clock;
}

/** Differences in one answer; `for_each` can make a thousand of one event. */
const mostDifferences = 2_000;

/**
 * Compares the configuration in force with the one on disk. One comparison runs at a time, and other work of the
 * process gets its turn after every event.
 */
export function createReplayPort({ current, decoder, clock }: ReplayPortParts): RulesPort['replay'] {
  let last: Promise<unknown> = Promise.resolve();
  const compare = async (events: readonly unknown[]): Promise<Answer<ReplayReport>> => {
    const before = current.active;
    const loaded = current.preview();
    const beforeHash = before.config.hash;
    if (!loaded.ok) {
      const { faults } = loaded;
      return {
        ok: true,
        value: { beforeHash, afterHash: null, faults, differences: [], leftOut: 0, summary: null },
      };
    }
    const after: Active = loaded.active;
    const run = createReplayRun({
      before: { active: before, decoder },
      after: { active: after, decoder },
      clock,
    });
    const listed: { difference: FoundDifference['difference']; why: string | null }[] = [];
    let leftOut = 0;
    const list = (found: readonly FoundDifference[]): void => {
      for (const each of found) {
        if (listed.length < mostDifferences) listed.push({ difference: each.difference, why: each.why() });
        else leftOut += 1;
      }
    };
    for (const [index, event] of events.entries()) {
      const taken = await run.takeJson(event, BigInt(index));
      if (!taken.ok) return { ok: false, message: `event ${index}: ${taken.message}` };
      list(taken.found);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    list(run.finish());
    const { hash } = after.config;
    const faults = after.warnings;
    return {
      ok: true,
      value: { beforeHash, afterHash: hash, faults, differences: listed, leftOut, summary: run.summary() },
    };
  };
  return (events) => {
    const answer = last.then(() => compare(events));
    // Whoever comes next waits for the end of this one, whatever the end is.
    last = answer.catch(() => undefined);
    return answer;
  };
}
