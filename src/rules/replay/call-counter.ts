import { sha256 } from '../../base/ids.ts';
import { callLimits } from '../../dingtalk/limits.ts';
import type { PlannedNotification } from '../../model/plan.ts';
import { callsFor } from '../calls.ts';
import { BoundedMemory } from './bounded-memory.ts';

const second = 1000;
/** Calls with room that are remembered. What is due now is over a second later, so this is for what waits for morning. */
const mostOpen = 20_000;

/**
 * Counts the calls that send. Delivery joins equal messages that are due together; what is due within the same second
 * is taken for that. It joins what delivery may join, and fills calls as delivery does.
 */
export class CallCounter {
  calls = 0;
  /** People in the last call of a message that still has room, by what must be equal. */
  readonly #open = new BoundedMemory<{ readonly people: number; readonly due: number }>(
    ({ due }, nowMs) => due < Math.floor(nowMs / second),
    mostOpen,
  );

  /** `dueMs`: when it goes out; not before `nowMs`. */
  add(
    planned: PlannedNotification,
    departmentSize: (id: number) => number,
    dueMs: number,
    nowMs: number,
  ): void {
    const { users, departments, broadcasts } = callsFor(planned.audience, planned.message, departmentSize);
    this.calls += departments + broadcasts;
    if (!planned.policies.mergeable || planned.message === null) {
      this.calls += users.length;
      return;
    }
    const due = Math.floor(dueMs / second);
    const { app } = planned;
    const key = `${app}\n${planned.policies.priority}\n${due}\n${sha256(planned.message.body)}`;
    for (const people of users) {
      const taken = this.#open.get(key, nowMs)?.people ?? null;
      const joins = taken !== null && taken + people <= callLimits.userids.value;
      if (!joins) this.calls += 1;
      this.#open.set(key, { people: joins ? taken + people : people, due }, nowMs);
    }
  }

  get forgotten(): number {
    return this.#open.forgotten;
  }
}
