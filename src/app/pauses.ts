import type { Clock } from '../base/clock.ts';
import type { Hold, Ledger } from '../ledger/ledger.ts';

/**
 * The stop button: apps, routes or everything whose sending a person has stopped. They are kept in the ledger, where
 * the senders of all instances obey them; nothing is remembered here.
 */
export interface Pauses {
  /** Those in force. */
  list(): Promise<readonly Hold[]>;
  pause(subject: string, note: string | null, until: number | null): Promise<void>;
  /** @returns false when the subject was not stopped. */
  resume(subject: string): Promise<boolean>;
}

export function createPauses({ ledger, clock }: { ledger: Ledger; clock: Clock }): Pauses {
  return {
    list: () => ledger.read((tx) => tx.holds()),
    async pause(subject, note, until) {
      const hold: Hold = { subject, reason: 'paused', detail: note, since: clock.now(), until };
      await ledger.write((tx) => tx.setHold(hold));
    },
    resume: (subject) =>
      ledger.write(async (tx) => {
        const was = (await tx.holds()).some((hold) => hold.subject === subject);
        await tx.clearHold(subject);
        return was;
      }),
  };
}
