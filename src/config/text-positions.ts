/** Turns offsets in a file into lines and columns, both counted from 1; columns count UTF-16 units. */
export class TextPositions {
  readonly #file: string;
  readonly #text: string;
  readonly #lineStarts: number[] = [0];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      this.#lineStarts.push(at + 1);
    }
  }

  at(offset: number): { file: string; line: number; col: number } {
    const bounded = Math.min(Math.max(offset, 0), this.#text.length);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= bounded) low = middle;
      else high = middle - 1;
    }
    return { file: this.#file, line: low + 1, col: bounded - (this.#lineStarts[low] ?? 0) + 1 };
  }

  /** A line's text without its end; null when there is no such line. */
  line(number: number): string | null {
    const start = this.#lineStarts[number - 1];
    if (start === undefined) return null;
    const end = this.#lineStarts[number] ?? this.#text.length + 1;
    return this.#text.slice(start, end - 1).replace(/\r$/, '');
  }

  slice(start: number, end: number): string {
    return this.#text.slice(start, end);
  }
}
