import type { WriteStream } from 'node:tty';
import type { Clock } from '../base/clock.ts';

const everyMs = 200;
const barWidth = 24;

/** A line on the terminal that shows how far a long command is; silent where standard error is no terminal. */
export class Progress {
  readonly #stream: WriteStream | null;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #shownMs = 0;
  #isShown = false;

  constructor(stream: WriteStream, clock: Clock) {
    this.#stream = stream.isTTY ? stream : null;
    this.#clock = clock;
    this.#startedMs = clock.now();
  }

  /** `share`: 0 … 1, null where the end is not known. */
  show(share: number | null, count: number, what: string): void {
    const now = this.#clock.now();
    if (this.#stream === null || now - this.#shownMs < everyMs) return;
    this.#shownMs = now;
    this.#isShown = true;
    const seconds = Math.max(0.001, (now - this.#startedMs) / 1000);
    const rate = `${count.toLocaleString('en-US')} ${what}, ${Math.round(count / seconds).toLocaleString('en-US')}/s`;
    this.#stream.write(`\r\u001b[K${share === null ? '' : `${bar(share)} `}${rate}`);
  }

  /** Takes the line away, so that other text can be written. */
  clear(): void {
    if (this.#isShown) this.#stream?.write('\r\u001b[K');
    this.#isShown = false;
  }
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
  const percent = String(Math.floor(Math.min(1, share) * 100)).padStart(3);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${percent} %`;
}
