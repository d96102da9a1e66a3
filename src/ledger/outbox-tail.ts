import type { OutboxRow } from './ledger.ts';

/** A row with the length of its text. */
export interface SizedRow {
  readonly row: OutboxRow;
  readonly size: number;
}

/**
 * The unpublished rows of the outbox, where this process alone writes and they are few: what it has just written it
 * need not read and parse again. It is as that connection sees the table. It holds all of them or none: once there are too many,
 * or one has to wait for a later attempt, only the table knows what comes next, until somebody has read it to its end.
 */
export class OutboxTail {
  #rows: SizedRow[] = [];
  #size = 0;
  #whole = false;

  /** The oldest rows; null when it does not know them. */
  first(limit: number): readonly OutboxRow[] | null {
    return this.#whole ? this.#rows.slice(0, limit).map(({ row }) => row) : null;
  }

  /** These were all unpublished rows, in order, and all of them may be given out. */
  readToEnd(rows: readonly SizedRow[]): void {
    this.forget();
    this.#whole = true;
    this.appended(rows);
  }

  appended(rows: readonly SizedRow[]): void {
    if (!this.#whole) return;
    // The transaction that wrote them may have read them to the end as well.
    const last = this.#rows.at(-1)?.row.id ?? -1n;
    for (const sized of rows) {
      if (sized.row.id <= last) continue;
      this.#rows.push(sized);
      this.#size += sized.size;
    }
    if (this.#rows.length > maxRows || this.#size > maxCharacters) this.forget();
  }

  published(ids: ReadonlySet<bigint>): void {
    this.#rows = this.#rows.filter(({ row }) => !ids.has(row.id));
    this.#size = this.#rows.reduce((sum, { size }) => sum + size, 0);
  }

  /** Only the table knows what comes next. */
  forget(): void {
    this.#rows = [];
    this.#size = 0;
    this.#whole = false;
  }
}

const maxRows = 5_000;
const maxCharacters = 8_000_000;
