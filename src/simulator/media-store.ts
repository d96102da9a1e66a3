import { createHash } from 'node:crypto';
import type { MediaType } from '../dingtalk/limits.ts';

/** An uploaded file. Its bytes are kept only for the page, while they are few. */
export interface Medium {
  readonly id: string;
  readonly type: string;
  readonly fileName: string;
  /** Null for media that came with the directory. */
  readonly bytes: number | null;
  readonly sha256: string;
  readonly createdAt: number;
  readonly content: Buffer | null;
}

/** Content is kept up to this many bytes in all; the oldest goes first, its record stays. */
const keptBytes = 32 * 1_048_576;

export class MediaStore {
  readonly #media = new Map<string, Medium>();
  #kept = 0;

  /** Remembers an upload and gives it its id, which begins with `@` as in the samples (K646). */
  add(upload: {
    readonly type: MediaType;
    readonly fileName: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly content: Buffer | null;
    readonly createdAt: number;
  }): Medium {
    const number = this.#media.size;
    const digest = createHash('sha256').update(`${number}/${upload.sha256}`).digest('base64url').slice(0, 24);
    const medium: Medium = { id: `@lAz${digest}`, ...upload };
    this.#media.set(medium.id, medium);
    this.#kept += medium.content?.length ?? 0;
    this.#trim();
    return medium;
  }

  /** Makes an id known that was never uploaded here. */
  know(id: string, type: string): void {
    this.#media.set(id, {
      id,
      type,
      fileName: '',
      bytes: null,
      sha256: '',
      createdAt: Number.NEGATIVE_INFINITY,
      content: null,
    });
  }

  get(id: string): Medium | null {
    return this.#media.get(id) ?? null;
  }

  all(): readonly Medium[] {
    return [...this.#media.values()];
  }

  clear(): void {
    for (const [id, medium] of this.#media) if (medium.bytes !== null) this.#media.delete(id);
    this.#kept = 0;
  }

  load(media: readonly Medium[]): void {
    this.clear();
    for (const medium of media) this.#media.set(medium.id, medium);
    this.#kept = media.reduce((sum, medium) => sum + (medium.content?.length ?? 0), 0);
  }

  #trim(): void {
    if (this.#kept <= keptBytes) return;
    for (const medium of this.#media.values()) {
      if (medium.content === null) continue;
      this.#kept -= medium.content.length;
      this.#media.set(medium.id, { ...medium, content: null });
      if (this.#kept <= keptBytes) return;
    }
  }
}
