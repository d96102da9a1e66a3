import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Hold, Ledger } from '../ledger/ledger.ts';

/** The stop button: apps, routes or everything that a person has stopped; kept in the ledger. */
export interface Pauses {
  /** Reads what the ledger holds; also brings what other instances did. */
  load(): Promise<void>;
  /** Is this app, or everything, stopped now? */
  stops(app: string): boolean;
  list(): readonly Hold[];
  pause(subject: string, note: string | null, until: number | null): Promise<void>;
  /** @returns false when the subject was not stopped. */
  resume(subject: string): Promise<boolean>;
}

export const everything = '*';

export function createPauses({ ledger, clock }: { ledger: Ledger; clock: Clock; logger: Logger }): Pauses {
  let held: readonly Hold[] = [];
  const load = async (): Promise<void> => {
    held = await ledger.read((tx) => tx.holds());
  };
  const active = (subject: string): boolean =>
    held.some((hold) => hold.subject === subject && (hold.until === null || hold.until > clock.now()));
  return {
    load,
    stops: (app) => active(everything) || active(app),
    list: () => held,
    async pause(subject, note, until) {
      const hold: Hold = { subject, reason: 'paused', detail: note, since: clock.now(), until };
      await ledger.write((tx) => tx.setHold(hold));
      await load();
    },
    async resume(subject) {
      const was = active(subject);
      await ledger.write((tx) => tx.clearHold(subject));
      await load();
      return was;
    },
  };
}
