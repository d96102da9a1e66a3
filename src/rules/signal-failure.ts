import type { Signal } from '../model/plan.ts';

/** The keys of a route that hold its signals. */
export const signalClauses: Readonly<Record<Signal['kind'], string>> = {
  recall: 'recall_on',
  update: 'update_on',
};

/** What is told of a signal that could not be made out: like all failures it begins with its clause. */
export function signalFailure(kind: Signal['kind'], problem: string): string {
  return `${signalClauses[kind]}.${problem}`;
}

/** Whether such a signal failed, and not what its route has to send: a dead letter tells it by its message alone. */
export function isSignalFailure(message: string): boolean {
  return Object.values(signalClauses).some((clause) => message.startsWith(`${clause}.`));
}
