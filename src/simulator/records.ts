import { maskMobile } from '../base/sensitive.ts';
import type { Breach } from './answer.ts';
import type { SimulatorKeep } from './options.ts';
import type { OperationName } from './operations.ts';

/** One call as it was answered. */
export interface CallRecord {
  readonly seq: number;
  /** Milliseconds since the epoch, on the simulator's clock. */
  readonly at: number;
  readonly operation: OperationName | null;
  readonly method: string;
  readonly path: string;
  readonly app: string | null;
  readonly requestId: string;
  /** The HTTP status; 0 when no answer left. */
  readonly status: number;
  /** `0`, DingTalk's code as text, or `lost` when the caller got no answer. */
  readonly code: string;
  /** Names of the faults that struck. */
  readonly faults: readonly string[];
  /** The parameters, without token and secret and with mobiles masked. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A request, or part of one, that the documentation does not allow. */
export interface Violation {
  readonly seq: number;
  readonly at: number;
  readonly operation: OperationName | null;
  readonly app: string | null;
  /** `advice`: taken by the service, yet advised against or unknown to the documentation. `limit`: a documented limit was passed. */
  readonly kind: Breach | 'advice';
  readonly detail: string;
  readonly requestId: string;
}

/** What came in, how it was answered, what was wrong with it: bounded logs and counters. */
export class Records {
  readonly #keep: SimulatorKeep;
  #calls: CallRecord[] = [];
  #violations: Violation[] = [];
  #callCount = 0;
  #violationCounts: Record<string, number> = {};
  #codes: Record<string, Record<string, number>> = {};

  constructor(keep: SimulatorKeep) {
    this.#keep = keep;
  }

  call(record: Omit<CallRecord, 'seq'>): void {
    this.#callCount++;
    this.#calls.push({ seq: this.#callCount, ...record });
    // Trimmed in one go now and then, which is cheaper than a shift for each call.
    if (this.#calls.length >= 2 * this.#keep.calls) this.#calls = this.#calls.slice(-this.#keep.calls);
    const name = record.operation ?? 'unknown';
    const codes = (this.#codes[name] ??= {});
    codes[record.code] = (codes[record.code] ?? 0) + 1;
  }

  violation(violation: Omit<Violation, 'seq'>): void {
    const count = (this.#violationCounts[violation.kind] ?? 0) + 1;
    this.#violationCounts[violation.kind] = count;
    this.#violations.push({ seq: this.#violations.length + 1, ...violation });
    if (this.#violations.length > this.#keep.violations) this.#violations.shift();
  }

  /** The newest calls, oldest first; only those of an operation when it is given. */
  calls(operation: string | null = null, limit: number = this.#keep.calls): CallRecord[] {
    const kept = this.#calls.slice(-this.#keep.calls);
    const chosen = operation === null ? kept : kept.filter((call) => call.operation === operation);
    return chosen.slice(-limit).map((call) => ({ ...call, parameters: shown(call.parameters) }));
  }

  violations(): readonly Violation[] {
    return this.#violations;
  }

  /** How many calls there were, by operation and code. */
  counts(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return this.#codes;
  }

  violationCounts(): Readonly<Record<string, number>> {
    return this.#violationCounts;
  }

  get total(): number {
    return this.#callCount;
  }

  clear(): void {
    this.#calls = [];
    this.#violations = [];
    this.#callCount = 0;
    this.#violationCounts = {};
    this.#codes = {};
  }

  clearViolations(): void {
    this.#violations = [];
    this.#violationCounts = {};
  }
}

const hidden = new Set(['access_token', 'appsecret', 'appSecret', 'client_secret']);

function shown(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (hidden.has(name)) safe[name] = '[secret]';
    else safe[name] = name === 'mobile' ? maskMobile(String(value)) : value;
  }
  return safe;
}
