import { Environment } from '@marcbachmann/cel-js';
import { zonedIso } from '../zoned-time.ts';
import { registerNumbers } from './numbers.ts';
import { matchesPattern } from './patterns.ts';

/** The variables that an expression may speak of. */
export type CelVariable = 'data' | 'meta' | 'item' | 'now';

export const celVariables: readonly string[] = ['data', 'meta', 'item', 'now'];

export interface EnvironmentOptions {
  readonly variables: readonly CelVariable[];
  readonly timeZone: string;
}

/** Limits of the text of an expression; what it costs to evaluate is metered apart. */
const limits = {
  maxAstNodes: 2000,
  maxDepth: 60,
  maxListElements: 1000,
  maxMapEntries: 500,
  maxCallArguments: 16,
};

/**
 * The language: CEL, and beyond it `re(text, pattern)`, numbers that go together, exact decimals, and `string()` of
 * decimals and timestamps. Building an environment is slow; build one and compile many expressions with it.
 */
export function createCelEnvironment({ variables, timeZone }: EnvironmentOptions): Environment {
  const env = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits,
  });
  registerNumbers(env);
  env.registerFunction('re(string, string): bool', matchesPattern);
  env.registerFunction('string(google.protobuf.Timestamp): string', (time: Date) =>
    zonedIso(time.getTime(), timeZone),
  );
  for (const name of variables) {
    env.registerVariable(name, name === 'now' ? 'google.protobuf.Timestamp' : 'dyn');
  }
  return env;
}
