import { z } from 'zod';
import { documentedLimits, unlimited } from '../limits.ts';

const number = z.number().nonnegative();
/** What may be lifted; the limits of one call and the windows are numbers always. */
const liftable = new Set([...Object.keys(unlimited), 'messageBytes']);

/** `off`, `documented`, or the limits to change; null lifts one. */
export const limitsChange = z.union([
  z.enum(['off', 'documented']),
  z.strictObject(
    Object.fromEntries(
      Object.keys(documentedLimits).map((name) => [
        name,
        (liftable.has(name) ? number.nullable() : number).optional(),
      ]),
    ),
  ),
]);

/** The parts of the behaviour to change. `firstTaskId` cannot: ids have been given out. */
export const behaviourChange = z.strictObject({
  startsAfterMs: number.optional(),
  finishesAfterMs: number.optional(),
  readRatio: number.max(1).optional(),
  readAfterMs: z.tuple([number, number]).optional(),
  resultBeforeFinish: z.enum(['empty', '41052']).optional(),
  largeResult: z.enum(['timeout', '41052']).optional(),
  listStyle: z.enum(['live', 'comma']).optional(),
  outOfScope: z.enum(['silent', 'refuse']).optional(),
  unicodeEscapes: z.enum(['refuse', 'accept']).optional(),
  expiredTokenCode: z.enum(['42001', '40014']).optional(),
});
