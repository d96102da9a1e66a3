import { chance } from './chance.ts';
import type { DirectoryApp } from './directory-data.ts';
import { operations, type Operation } from './operations.ts';

/** Every fault that can be switched on; what each does and what a client should make of it is in docs/simulator.md. */
export const faultNames = [
  'token-expired',
  'rate-limited',
  'system-busy',
  'ip-banned',
  'not-whitelisted',
  'no-permission',
  'answer-lost',
  'request-lost',
  'slow',
  'bad-gateway',
  'half-open',
  'fail-every-n',
  'result-late',
  'user-left',
  'user-failed',
  'media-expired',
  'answer-code',
] as const;
export type FaultName = (typeof faultNames)[number];

export interface FaultSpec {
  readonly name: FaultName;
  /** An operation (`send`, `gettoken`, …) or a group (`token`, `lookup`, `message`, `media`); all when absent. */
  readonly operation?: string;
  /** Name, app key or agent id of the only app concerned. */
  readonly app?: string;
  /** Ends by itself after so many times. */
  readonly count?: number;
  /** Strikes with this chance, 0 … 1; the dice follow the seed. */
  readonly probability?: number;
  /** `slow`: the delay; `result-late`: how much later a task is done. Milliseconds. */
  readonly ms?: number;
  /** `fail-every-n`: every n-th call fails. */
  readonly n?: number;
  /** The error code, where the fault has a choice. */
  readonly code?: string;
  readonly message?: string;
  /** `user-left`, `user-failed`: the one person concerned; everybody when absent. */
  readonly userid?: string;
  /** `bad-gateway`, `half-open`, `answer-code`: whether the call is carried out all the same; default false. */
  readonly processed?: boolean;
  /** `ip-banned`: an HTML page in place of the JSON body. */
  readonly html?: boolean;
  /** `answer-code`: in the envelope of gateway errors, as `/topapi` wraps them. */
  readonly wrapped?: boolean;
}

export interface ActiveFault {
  readonly id: string;
  readonly spec: FaultSpec;
  /** When it was switched on, ms. */
  readonly since: number;
  /** How many calls it could have struck, and how many it struck. */
  seen: number;
  struck: number;
}

/** The faults that are switched on now. */
export class Faults {
  readonly #seed: string;
  #active: ActiveFault[] = [];
  #issued = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  add(spec: FaultSpec, now: number): ActiveFault {
    const fault = { id: `fault-${++this.#issued}`, spec, since: now, seen: 0, struck: 0 };
    this.#active.push(fault);
    return fault;
  }

  /** Switches off one fault by its id, or all of a name; how many that were. */
  remove(idOrName: string): number {
    const before = this.#active.length;
    this.#active = this.#active.filter((fault) => fault.id !== idOrName && fault.spec.name !== idOrName);
    return before - this.#active.length;
  }

  clear(): void {
    this.#active = [];
  }

  list(): readonly ActiveFault[] {
    return this.#active;
  }

  get none(): boolean {
    return this.#active.length === 0;
  }

  /**
   * The fault of this name that strikes this call, or null. Asking counts: `count` goes down with every strike,
   * `fail-every-n` counts the calls it let pass.
   */
  strike(
    name: FaultName,
    operation: Operation,
    app: DirectoryApp | null,
    matches: (spec: FaultSpec) => boolean = () => true,
  ): ActiveFault | null {
    for (const fault of this.#active) {
      if (fault.spec.name !== name || !concerns(fault.spec, operation, app) || !matches(fault.spec)) continue;
      fault.seen++;
      if (name === 'fail-every-n' && fault.seen % Math.max(1, fault.spec.n ?? 2) !== 0) continue;
      const { probability, count } = fault.spec;
      if (probability !== undefined && chance(this.#seed, fault.id, fault.seen) >= probability) continue;
      fault.struck++;
      if (count !== undefined && fault.struck >= count) {
        this.#active = this.#active.filter((other) => other !== fault);
      }
      return fault;
    }
    return null;
  }
}

function concerns(spec: FaultSpec, operation: Operation, app: DirectoryApp | null): boolean {
  if (
    spec.operation !== undefined &&
    spec.operation !== operation.name &&
    spec.operation !== operation.group
  ) {
    return false;
  }
  if (spec.app === undefined) return true;
  return app !== null && [app.name, app.appKey, String(app.agentId)].includes(spec.app);
}

const texts = ['operation', 'app', 'code', 'message', 'userid'] as const;
const numbers = ['count', 'probability', 'ms', 'n'] as const;
const flags = ['processed', 'html', 'wrapped'] as const;

/** Reads a fault from JSON; a text that says what is wrong with it when it is none. */
export function readFault(value: unknown): FaultSpec | string {
  if (typeof value !== 'object' || value === null) return 'a fault is an object with a name';
  const input = value as Record<string, unknown>;
  const name = faultNames.find((known) => known === input['name']);
  if (name === undefined) return `name is one of ${faultNames.join(', ')}`;
  const spec: Record<string, unknown> = { name };
  for (const [key, given] of Object.entries(input)) {
    if (key === 'name' || given === null) continue;
    const type = texts.some((known) => known === key)
      ? 'string'
      : numbers.some((known) => known === key)
        ? 'number'
        : flags.some((known) => known === key)
          ? 'boolean'
          : null;
    if (type === null) return `${key} is no parameter of a fault`;
    const plain = type === 'string' && typeof given === 'number' ? String(given) : given;
    if (typeof plain !== type) return `${key} is a ${type}`;
    spec[key] = plain;
  }
  const operation = spec['operation'];
  if (typeof operation === 'string' && !knownOperation(operation))
    return `operation ${operation} does not exist`;
  return spec as unknown as FaultSpec;
}

function knownOperation(name: string): boolean {
  return Object.values(operations).some((operation) => operation.name === name || operation.group === name);
}
