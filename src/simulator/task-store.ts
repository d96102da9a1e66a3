import type { Task } from './task.ts';

interface Inbox {
  tasks: Task[];
  /** How many at the beginning of `tasks` count no longer. */
  forgotten: number;
}

/** Every accepted send, and who got it. Bounded: the oldest tasks go when there are too many. */
export class TaskStore {
  readonly #keep: number;
  readonly #firstId: bigint;
  readonly #tasks = new Map<string, Task>();
  readonly #inboxes = new Map<string, Inbox>();
  /** The newest few tasks, for pages. */
  #recent: Task[] = [];
  #issued = 0;
  #dropped = 0;

  constructor(keep: number, firstTaskId: string) {
    this.#keep = keep;
    this.#firstId = BigInt(firstTaskId);
  }

  nextId(): string {
    return (this.#firstId + BigInt(this.#issued++)).toString();
  }

  add(task: Task): void {
    this.#tasks.set(task.id, task);
    this.#recent.push(task);
    if (this.#recent.length > 400) this.#recent = this.#recent.slice(-200);
    for (const userid of task.delivered) {
      const inbox = this.#inboxes.get(userid);
      if (inbox === undefined) this.#inboxes.set(userid, { tasks: [task], forgotten: 0 });
      else inbox.tasks.push(task);
    }
    if (this.#tasks.size > this.#keep) this.#dropOldest();
  }

  get(id: string): Task | null {
    return this.#tasks.get(id) ?? null;
  }

  /** Oldest first. */
  all(): IterableIterator<Task> {
    return this.#tasks.values();
  }

  /** The tasks that reached somebody, oldest first. */
  of(userid: string): readonly Task[] {
    const inbox = this.#inboxes.get(userid);
    if (inbox === undefined) return [];
    return inbox.forgotten === 0 ? inbox.tasks : inbox.tasks.slice(inbox.forgotten);
  }

  /** Up to `count` people who got the newest messages. */
  newestReaders(count: number): string[] {
    const found = new Set<string>();
    for (const task of this.#recent.toReversed()) {
      for (const userid of task.delivered) {
        if (found.size >= count) return [...found];
        found.add(userid);
      }
    }
    return [...found];
  }

  get size(): number {
    return this.#tasks.size;
  }

  /** How many tasks were forgotten because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  clear(): void {
    this.#tasks.clear();
    this.#inboxes.clear();
    this.#recent = [];
    this.#dropped = 0;
  }

  save(): { readonly issued: number; readonly dropped: number } {
    return { issued: this.#issued, dropped: this.#dropped };
  }

  load(saved: { readonly issued: number; readonly dropped: number }): void {
    this.clear();
    this.#issued = saved.issued;
    this.#dropped = saved.dropped;
  }

  #dropOldest(): void {
    const oldest = this.#tasks.values().next().value;
    if (oldest === undefined) return;
    this.#tasks.delete(oldest.id);
    this.#dropped++;
    for (const userid of oldest.delivered) {
      const inbox = this.#inboxes.get(userid);
      if (inbox === undefined) continue;
      // The oldest task of all is the first of every inbox that it is in. Cutting it off each time would move the rest.
      inbox.forgotten++;
      if (inbox.forgotten === inbox.tasks.length) this.#inboxes.delete(userid);
      else if (inbox.forgotten > 16 && inbox.forgotten * 2 > inbox.tasks.length) {
        inbox.tasks = inbox.tasks.slice(inbox.forgotten);
        inbox.forgotten = 0;
      }
    }
  }
}
