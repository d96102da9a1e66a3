import { findByName } from '../base/name-pattern.ts';
import type { IntakeRules } from '../intake/intake-types.ts';
import type { Active } from './configuration.ts';

/** The rules in force as intake sees them. */
export function intakeRules({ config, rules }: Pick<Active, 'config' | 'rules'>): IntakeRules {
  return {
    hash: rules.hash,
    couldMatch: (topic, type) => rules.couldMatch(topic, type),
    reading: (topic) => ({
      format: findByName(config.topics, topic)?.format ?? 'auto',
      identity: rules.identity(topic),
    }),
    plan: (event, now) => rules.plan(event, now),
    planRoute: (route, event, now) => rules.planRoute(route, event, now),
    planSignals: (route, event, now) => rules.planSignals(route, event, now),
  };
}
