/**
 * One call from its turn to its classified answer: waits for a place, sends once, reads, classifies, and lets the
 * answer act on what follows (pauses, holds). It must never send a request a second time.
 */
import type { Clock } from '../base/clock.ts';
import { nextDingtalkDay, nextDingtalkMonth } from '../base/dingtalk-day.ts';
import type { Sensitive } from '../base/sensitive.ts';
import type { AddressLimits } from './address-limits.ts';
import { readAnswer, type Answer, type Envelope } from './answers.ts';
import type { ClientObserver } from './client-events.ts';
import { classOf, findCode, type CodeRow, type ErrorClass, type Operation } from './codes.ts';
import type { Hold, Holds } from './holds.ts';
import type { JsonObject } from './json.ts';
import type { Limiter } from './limiter.ts';
import { maskText } from './masking.ts';
import type { CallError } from './outcomes.ts';
import { RunningSlot, type Slot } from './slot.ts';
import type { Transport, TransportRequest } from './transport.ts';

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly limiter: Limiter;
  readonly holds: Holds;
  readonly address: AddressLimits;
  readonly observe: ClientObserver;
  /** How long all calls stop after an IP ban whose answer names no time. */
  readonly banHoldMs: number;
  /** When one call tries again after a configuration fault; null = when a person says so. */
  readonly configurationHoldMs: number | null;
  /** Values that must not appear in texts. */
  readonly hidden: () => readonly Sensitive[];
}

export interface ExchangeRequest {
  readonly operation: Operation;
  readonly http: TransportRequest;
  readonly envelope: Envelope;
  readonly recipients: number;
  readonly slot: Slot | null;
  readonly priority: 'high' | 'normal';
  readonly signal: AbortSignal | null;
  /** Asked immediately before the request is written; null = nobody has to be asked. */
  readonly mayStart: (() => boolean) | null;
  /** A fault of this code is the caller's to handle: it does not hold the app. */
  readonly tolerated: string | null;
  /** What of the arguments must not appear in texts. */
  readonly hidden: readonly Sensitive[];
}

export type Exchanged =
  | { readonly kind: 'ok'; readonly body: JsonObject; readonly requestId: string | null }
  /** `sent`: whether the request may have left. */
  | { readonly kind: 'error'; readonly error: CallError; readonly sent: boolean };

interface Streak {
  count: number;
  until: number;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  /** Refusals in a row whose waits grow (90002), by operation. */
  readonly #streaks = new Map<Operation, Streak>();

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  async call(request: ExchangeRequest): Promise<Exchanged> {
    const slot = await this.#place(request);
    if (!(slot instanceof RunningSlot)) return slot;
    const { clock, transport, observe } = this.#options;
    const { operation } = request;
    slot.begin();
    const begun = clock.now();
    const mayStart = (): boolean => slot.mayStart() && (request.mayStart?.() ?? true);
    const answer = await transport.request({ ...request.http, mayStart });
    // One instant for all that follows from the answer, so that spans from it and instants agree.
    const ended = clock.now();
    const ms = ended - begun;
    const httpStatus = answer.kind === 'answered' ? answer.status : null;
    const read: Answer =
      answer.kind === 'answered'
        ? readAnswer(answer, request.envelope)
        : {
            kind: 'error',
            code: answer.kind,
            message: answer.message,
            requestId: null,
            endsAt: null,
            waitMs: null,
          };
    if (read.kind === 'ok') {
      slot.end(true);
      this.#succeeded(operation, slot);
      observe({ kind: 'call', operation, outcome: 'ok', code: null, ms, httpStatus });
      return { kind: 'ok', body: read.body, requestId: read.requestId };
    }
    const error = this.#errorOf(operation, read, httpStatus, request.hidden, ended);
    slot.end(!error.provesNothingSent);
    this.#failed(error, slot, request.tolerated, ended);
    observe({ kind: 'call', operation, outcome: error.class, code: error.code, ms, httpStatus });
    return { kind: 'error', error, sent: answer.kind !== 'lost_before_write' };
  }

  /** An error of ours about an answer or a request that is otherwise fine. */
  ownError(operation: Operation, code: string, message: string, requestId: string | null = null): CallError {
    const answer = { code, message, requestId, endsAt: null, waitMs: null };
    return this.#errorOf(operation, answer, null, [], this.#options.clock.now());
  }

  /** A fault that only a person can mend: all calls of the app stop. */
  hold(error: CallError): void {
    this.#holdForConfiguration(error, findCode(error.operation, error.code));
  }

  /** The place for the call, or why it cannot be made. */
  async #place(request: ExchangeRequest): Promise<RunningSlot | Exchanged> {
    const { limiter, clock, holds, address } = this.#options;
    const { operation, slot } = request;
    if (slot instanceof RunningSlot) {
      // The hold may have come after the reservation; the one call that tries whether it is over goes all the same.
      const gates = [holds.gate(operation), address.holds.gate(operation)];
      if (slot.probe || gates.every(({ kind }) => kind !== 'closed')) return slot;
      slot.giveBack();
    }
    const { recipients, priority, signal } = request;
    const acquired = await limiter.acquire(operation, { recipients, priority, signal });
    if (acquired.kind === 'slot') return acquired.slot;
    if (acquired.kind === 'aborted') {
      const error = this.ownError(
        operation,
        'given_up',
        'the call was given up while it waited for its turn',
      );
      return { kind: 'error', error, sent: false };
    }
    const { hold, until } = acquired;
    this.#options.observe({ kind: 'rejected', operation, hold });
    const error: CallError = {
      operation,
      code: hold.code,
      message: `not sent, calls are held: ${hold.message}`,
      requestId: null,
      class:
        hold.reason === 'configuration' || hold.reason === 'monthly_quota' ? 'configuration' : 'retry_after',
      retryAfterMs: until === null ? null : Math.max(0, until - clock.now()),
      provesNothingSent: true,
      httpStatus: null,
    };
    return { kind: 'error', error, sent: false };
  }

  #errorOf(
    operation: Operation,
    answer: Omit<Extract<Answer, { kind: 'error' }>, 'kind'>,
    httpStatus: number | null,
    alsoHidden: readonly Sensitive[],
    now: number,
  ): CallError {
    const row = findCode(operation, answer.code);
    const hidden = [...this.#options.hidden(), ...alsoHidden];
    const text = maskText(answer.message, hidden);
    return {
      operation,
      code: answer.code,
      message: text === '' ? (row?.meaning ?? 'no explanation was given') : text,
      requestId: answer.requestId === null ? null : maskText(answer.requestId, hidden),
      class: classOf(operation, answer.code),
      retryAfterMs: row === null ? null : this.#retryAfter(operation, row, answer, now),
      provesNothingSent: row?.provesNothingSent ?? false,
      httpStatus,
    };
  }

  #retryAfter(
    operation: Operation,
    row: CodeRow,
    answer: { readonly endsAt: number | null; readonly waitMs: number | null },
    now: number,
  ): number | null {
    if (row.retryAfter === null) return null;
    if (row.holds === 'address') {
      if (answer.waitMs !== null && answer.waitMs > 0) return answer.waitMs;
      if (answer.endsAt === null) return this.#options.banHoldMs;
    }
    if (row.class === 'retry_after' && answer.endsAt !== null && answer.endsAt > now)
      return answer.endsAt - now;
    switch (row.retryAfter.kind) {
      case 'delay':
        return row.retryAfter.ms;
      case 'steps':
        return this.#step(operation, row.retryAfter.ms, now);
      case 'next_day':
        return nextDingtalkDay(now) - now;
      case 'next_month':
        return nextDingtalkMonth(now) - now;
    }
  }

  /** Calls that were under way together and are refused together are one refusal, not several in a row. */
  #step(operation: Operation, steps: readonly number[], now: number): number {
    const streak = this.#streaks.get(operation) ?? { count: 0, until: 0 };
    if (now >= streak.until) streak.count++;
    const ms = steps[Math.min(streak.count, steps.length) - 1] ?? 0;
    if (now >= streak.until) streak.until = now + ms;
    this.#streaks.set(operation, streak);
    return ms;
  }

  #succeeded(operation: Operation, slot: RunningSlot): void {
    this.#streaks.delete(operation);
    if (!slot.probe) return;
    const ended = [...this.#options.holds.succeeded(), ...this.#options.address.holds.succeeded()];
    if (ended.length > 0) this.#options.observe({ kind: 'released', holds: ended });
    this.#options.limiter.refresh();
  }

  #failed(error: CallError, slot: RunningSlot, tolerated: string | null, now: number): void {
    const { holds, address, limiter } = this.#options;
    const row = findCode(error.operation, error.code);
    const until = now + (error.retryAfterMs ?? 0);
    if (row !== null && error.code !== tolerated) {
      const { code, message } = error;
      if (row.class === 'configuration') this.#holdForConfiguration(error, row);
      else if (row.holds === 'address') {
        this.#tell(address.holds.add({ scope: 'address', reason: 'ban', code, message, until }));
      } else if (row.holds !== 'call') {
        const scope = row.holds === 'app' ? 'app' : error.operation;
        this.#tell(holds.add({ scope, reason: 'throttled', code, message, until }));
        limiter.distrust(error.operation);
      }
    }
    if (slot.probe) this.#judgeProbe(error.class);
    limiter.refresh();
  }

  /**
   * What a failed try says of the hold: a refusal for other reasons proves that the door is open again; silence
   * proves nothing, and the next call tries. A fault that holds has renewed its hold already.
   */
  #judgeProbe(errorClass: ErrorClass): void {
    const { holds, address } = this.#options;
    if (errorClass === 'message' || errorClass === 'recipient') {
      const ended = [...holds.succeeded(), ...address.holds.succeeded()];
      if (ended.length > 0) this.#options.observe({ kind: 'released', holds: ended });
      return;
    }
    holds.endProbe();
    address.holds.endProbe();
  }

  #holdForConfiguration(error: CallError, row: CodeRow | null): void {
    const { holds, limiter, clock, configurationHoldMs } = this.#options;
    const now = clock.now();
    const quota = row?.retryAfter?.kind === 'next_month';
    const retryIn = quota ? error.retryAfterMs : configurationHoldMs;
    this.#tell(
      holds.add({
        scope: 'app',
        reason: quota ? 'monthly_quota' : 'configuration',
        code: error.code,
        message: error.message,
        until: retryIn === null ? null : now + retryIn,
      }),
    );
    limiter.refresh();
  }

  /** A fault that goes on is told once. */
  #tell(hold: Hold): void {
    if (hold.since === this.#options.clock.now()) this.#options.observe({ kind: 'held', hold });
  }
}
