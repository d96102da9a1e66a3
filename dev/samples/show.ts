import type { SampleEvent } from './events.ts';
import type { ShownDeadLetter, ShownResult } from './follow.ts';

/** What the sample run prints, and the sums that it ends with. */
export class Report {
  readonly #events: SampleEvent[] = [];
  readonly #finals = new Map<string, ShownResult>();
  readonly #notifications = new Set<string>();
  readonly #deliveries = new Set<string>();
  readonly #matched = new Set<string>();
  #deadLetters = 0;

  event(event: SampleEvent): void {
    this.#events.push(event);
    print(`→ ${event.topic.padEnd(17)} ${event.title}`);
  }

  result(result: ShownResult): void {
    this.#notifications.add(result.notification_id);
    this.#matched.add(`${result.event.source} ${result.event.id}`);
    for (const { delivery_id: id, task_id: task } of result.deliveries)
      if (task !== null) this.#deliveries.add(id);
    if (result.final) this.#finals.set(result.notification_id, result);
    const mark = result.final ? (result.status === 'failed' ? '✗' : '✔') : '·';
    const why = result.reason === null ? '' : ` (${result.reason})`;
    print(`  ${mark} ${result.route.padEnd(22)} ${`${result.status}${why}`.padEnd(36)} ${people(result)}`);
  }

  deadLetter({ topic, reason, message }: ShownDeadLetter): void {
    this.#deadLetters += 1;
    print(`  ☠ ${topic.padEnd(22)} dead letter (${reason}): ${message}`);
  }

  /** True when everything that must follow from the events has been seen. */
  complete(): boolean {
    return this.missing().length === 0;
  }

  /** What is still missing, for people. */
  missing(): string[] {
    const notifications = sum(this.#events.map((event) => event.notifications));
    const deadLetters = sum(this.#events.map((event) => event.deadLetters));
    const missing: string[] = [];
    if (this.#finals.size < notifications) missing.push(`${notifications - this.#finals.size} final results`);
    if (this.#deadLetters < deadLetters) missing.push(`${deadLetters - this.#deadLetters} dead letters`);
    return missing;
  }

  /** More than the samples call for would be as wrong as less. */
  surplus(): string[] {
    const notifications = sum(this.#events.map((event) => event.notifications));
    return this.#notifications.size > notifications
      ? [`${this.#notifications.size - notifications} notifications too many`]
      : [];
  }

  summary(): void {
    const statuses = new Map<string, number>();
    for (const { status, reason } of this.#finals.values()) {
      const name = reason === null ? status : `${status} (${reason})`;
      statuses.set(name, (statuses.get(name) ?? 0) + 1);
    }
    print('');
    const rows: [string, number][] = [
      ['events published', this.#events.length],
      ['events matched', this.#matched.size],
      ['notifications', this.#notifications.size],
      ['deliveries', this.#deliveries.size],
      ...[...statuses].sort().map(([name, count]): [string, number] => [`  final: ${name}`, count]),
      ['dead letters', this.#deadLetters],
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, count] of rows) print(`  ${name.padEnd(width)}  ${String(count).padStart(4)}`);
  }
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function people({ counts, audience }: ShownResult): string {
  if (audience.kind === 'everyone') return 'everyone';
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.map(([status, count]) => `${count} ${status}`).join(', ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
