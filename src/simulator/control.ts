import type { ActiveFault, FaultSpec } from './faults.ts';
import { inboxEntry } from './inbox.ts';
import type { SimulatorLimits } from './limits.ts';
import type { SimulatorBehaviour } from './options.ts';
import type { DirectoryApp, DirectoryDepartment, DirectoryUser } from './directory-data.ts';
import type { Medium } from './media-store.ts';
import type { CallRecord, Violation } from './records.ts';
import type { InboxEntry, Task } from './task.ts';
import type { World } from './world.ts';

export interface SimulatorStats {
  readonly now: number;
  readonly calls: number;
  /** By operation, then by code. */
  readonly codes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly violations: Readonly<Record<string, number>>;
  readonly tasks: number;
  readonly tasksForgotten: number;
  readonly callsThisMonth: number;
  readonly people: number;
  readonly faults: number;
}

/** What tests (and, through `/_sim`, people) may see and change. Nothing here goes through the API's own checks. */
export class Control {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** The simulator's time in milliseconds since the epoch. */
  now(): number {
    return this.#world.clock.now();
  }

  /** Moves the simulator's time; progress, reading, windows, token life and days follow. */
  advance(ms: number): void {
    this.#world.clock.advance(ms);
    this.#world.revision++;
  }

  addFault(spec: FaultSpec): ActiveFault {
    this.#world.revision++;
    return this.#world.faults.add(spec, this.now());
  }

  /** By id or by name; how many were switched off. */
  removeFault(idOrName: string): number {
    this.#world.revision++;
    return this.#world.faults.remove(idOrName);
  }

  clearFaults(): void {
    this.#world.revision++;
    this.#world.faults.clear();
  }

  faults(): readonly ActiveFault[] {
    return this.#world.faults.list();
  }

  limits(): SimulatorLimits {
    return this.#world.limits.current;
  }

  setLimits(change: 'off' | 'documented' | Partial<SimulatorLimits>): void {
    this.#world.limits.set(change);
  }

  behaviour(): SimulatorBehaviour {
    return this.#world.behaviour;
  }

  setBehaviour(change: Partial<SimulatorBehaviour>): void {
    this.#world.behaviour = { ...this.#world.behaviour, ...change };
    this.#world.revision++;
  }

  /** The newest calls, oldest first; mobiles, tokens and secrets are masked. */
  calls(operation: string | null = null, limit?: number): CallRecord[] {
    return this.#world.records.calls(operation, limit);
  }

  /** What broke the documentation. `advice` is left out unless asked for: the service takes such requests. */
  violations(options: { readonly advice?: boolean } = {}): readonly Violation[] {
    const all = this.#world.records.violations();
    return options.advice === true ? all : all.filter((violation) => violation.kind !== 'advice');
  }

  clearViolations(): void {
    this.#world.records.clearViolations();
  }

  tasks(): Task[] {
    return [...this.#world.tasks.all()];
  }

  task(id: string): Task | null {
    return this.#world.tasks.get(id);
  }

  /** A person's messages, oldest first. */
  inbox(userid: string): InboxEntry[] {
    const world = this.#world;
    const now = this.now();
    return world.tasks.of(userid).map((task) => inboxEntry(task, userid, world, now));
  }

  /** Everybody's messages, by task; lazily, because there may be very many. */
  *inboxes(): Generator<InboxEntry> {
    const world = this.#world;
    const now = this.now();
    for (const task of world.tasks.all()) {
      for (const userid of task.delivered) yield inboxEntry(task, userid, world, now);
    }
  }

  /** Marks a message as read now; false when the person does not have it. */
  markRead(userid: string, taskId: string): boolean {
    const task = this.#world.tasks.get(taskId);
    if (task === null || !task.delivered.includes(userid)) return false;
    task.reads ??= new Map();
    if (!task.reads.has(userid)) task.reads.set(userid, this.now());
    this.#world.revision++;
    return true;
  }

  users(offset = 0, limit = 1_000): DirectoryUser[] {
    return this.#world.directory.users(offset, limit);
  }

  user(userid: string): DirectoryUser | null {
    return this.#world.directory.user(userid);
  }

  putUser(user: DirectoryUser): void {
    this.#world.directory.putUser(user);
    this.#world.revision++;
  }

  /** Somebody leaves or comes back; false when nobody has this userid. */
  setActive(userid: string, active: boolean): boolean {
    this.#world.revision++;
    return this.#world.directory.setActive(userid, active);
  }

  departments(): readonly DirectoryDepartment[] {
    return this.#world.directory.departments();
  }

  putDepartment(department: DirectoryDepartment): void {
    this.#world.directory.putDepartment(department);
    this.#world.revision++;
  }

  apps(): readonly DirectoryApp[] {
    return this.#world.directory.apps();
  }

  putApp(app: DirectoryApp): void {
    this.#world.directory.putApp(app);
  }

  /** Makes every token run out now. */
  expireTokens(): void {
    for (const token of this.#world.tokens.save()) this.#world.tokens.expire(token.value);
  }

  /** Uploaded and known media, without their content. */
  media(): readonly Omit<Medium, 'content'>[] {
    return this.#world.media.all().map(({ content: _content, ...medium }) => medium);
  }

  stats(): SimulatorStats {
    const { records, tasks, throttle, directory, faults } = this.#world;
    const now = this.now();
    return {
      now,
      calls: records.total,
      codes: records.counts(),
      violations: records.violationCounts(),
      tasks: tasks.size,
      tasksForgotten: tasks.dropped,
      callsThisMonth: throttle.callsThisMonth(now),
      people: directory.size,
      faults: faults.list().length,
    };
  }

  /** Forgets everything that happened: tasks, inboxes, counts, calls, violations, faults, tokens, uploads. */
  reset(): void {
    const { tasks, quotas, throttle, records, faults, tokens, media } = this.#world;
    for (const part of [tasks, quotas, throttle, records, faults, tokens, media]) part.clear();
    this.#world.revision++;
  }
}
