/**
 * Places where a crash would hurt most, by name, so that tests can kill the process exactly there. Nothing is armed
 * unless the composition root arms it from `DINGBUS_FAILPOINTS`; then passing one costs a map lookup.
 */
export const failpoints = [
  /** The batch is read and planned, nothing of it is durable. */
  'intake.before_ledger_commit',
  /** The ledger has the batch, Kafka's group does not know yet. */
  'intake.after_ledger_commit',
  /** The intent is durable, the call is not made. */
  'delivery.after_intent',
  /** DingTalk has answered, the ledger does not know yet. */
  'delivery.after_answer',
  /** The results topic has the results, the outbox still holds them. */
  'results.after_publish',
  /** DingTalk has told what became of a task, the ledger does not know yet. */
  'tracking.after_answer',
] as const;
/** The same on ways that are gone only when somebody takes a message back, changes it or tries it again. */
export const repairFailpoints = [
  /** DingTalk has taken a message back, the ledger does not know yet. */
  'tracking.after_recall',
  /** DingTalk shows the new status bar, the ledger does not know yet. */
  'tracking.after_status_bar',
  /** The redriven notification is in the ledger, whoever asked for it has not heard yet. */
  'intake.after_redrive',
] as const;
export type Failpoint = (typeof failpoints)[number] | (typeof repairFailpoints)[number];

const armed = new Map<string, number>();
let strike: (name: Failpoint) => void = () => undefined;

/**
 * Arms failpoints: `{ 'delivery.after_intent': 3 }` strikes the third time that place is passed.
 * @returns names that do not exist.
 */
export function armFailpoints(
  counts: Readonly<Record<string, number>>,
  onStrike: (name: Failpoint) => void,
): string[] {
  armed.clear();
  strike = onStrike;
  for (const [name, count] of Object.entries(counts)) armed.set(name, count);
  const known: readonly string[] = [...failpoints, ...repairFailpoints];
  return Object.keys(counts).filter((name) => !known.includes(name));
}

export function failpoint(name: Failpoint): void {
  const left = armed.get(name);
  if (left === undefined) return;
  if (left > 1) armed.set(name, left - 1);
  else {
    armed.delete(name);
    strike(name);
  }
}
