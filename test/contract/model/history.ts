/** Everything that was published, checked as it comes: what any consumer may rely on, whatever happened. */
import type { DeadLetter } from '../../../src/model/dead-letter.ts';
import type { OutboxRow } from '../../../src/ledger/ledger.ts';
import type { Result } from '../../../src/model/result.ts';

const interim = new Set(['accepted', 'deferred', 'unknown']);
const amendments = new Set(['read', 'recalled', 'settled']);

export class History {
  readonly #results = new Map<string, Result>();
  readonly #byNotification = new Map<string, Result[]>();
  readonly deadLetters = new Map<string, DeadLetter>();
  readonly faults: string[] = [];

  take(rows: readonly OutboxRow[]): void {
    for (const row of rows) {
      if (row.kind === 'result') this.#takeResult(row.result);
      else this.deadLetters.set(row.deadLetter.id, row.deadLetter);
    }
  }

  finals(): readonly Result[] {
    return [...this.#results.values()].filter((result) => result.final);
  }

  of(notificationId: string): readonly Result[] {
    return this.#byNotification.get(notificationId) ?? [];
  }

  #takeResult(result: Result): void {
    const known = this.#results.get(result.resultId);
    if (known !== undefined) {
      // Published again after a crash: it must be the very same.
      if (text(known) !== text(result))
        this.faults.push(`${result.resultId} was told differently a second time`);
      return;
    }
    const before = this.#byNotification.get(result.notificationId) ?? [];
    const say = (what: string): number =>
      this.faults.push(`${result.resultId} (${result.status} ${String(result.reason)}): ${what}`);
    if (result.seq !== before.length + 1) say(`seq follows ${before.length}`);
    const ended = before.some((each) => each.final);
    if (result.final && ended) say('a second final result');
    if (!result.final && !result.amendment && ended) say('an interim result after the final one');
    if (result.amendment && !ended) say('an amendment before the final result');
    if (result.final && result.amendment) say('final and amendment at once');
    if (result.amendment && !amendments.has(result.status)) say('no status of an amendment');
    if (!result.final && !result.amendment && !interim.has(result.status))
      say('no status of an interim result');
    const counted = Object.values(result.counts).reduce((sum, count) => sum + count, 0);
    if (counted !== result.recipients.length)
      say(`counts ${counted} of ${result.recipients.length} recipients`);
    for (const [status, count] of Object.entries(result.counts)) {
      if (result.recipients.filter((each) => each.status === status).length !== count)
        say(`counts of ${status}`);
    }
    this.#results.set(result.resultId, result);
    this.#byNotification.set(result.notificationId, [...before, result]);
  }
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each));
}
