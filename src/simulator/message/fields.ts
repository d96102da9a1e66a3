import { apiRefusal, type Refusal } from '../answer.ts';
import type { Limit } from '../../dingtalk/limits.ts';

/** A medium that a message names: which kind it was uploaded as, and its size (null = unknown). */
export interface KnownMedium {
  readonly type: string;
  readonly bytes: number | null;
}

/** What a message is checked against. */
export interface MessageContext {
  readonly medium: (mediaId: string) => KnownMedium | null;
  readonly actionUrlChars: number;
  readonly fileInMessageBytes: number;
}

/**
 * Reads the fields of one message and collects what is wrong. The first fault decides the answer; remarks are things
 * that the service takes although its documentation advises against them, or does not know them.
 */
export class Fields {
  readonly context: MessageContext;
  readonly remarks: string[] = [];
  fault: Refusal | null = null;

  constructor(context: MessageContext) {
    this.context = context;
  }

  fail(code: number, message: string, detail: string): void {
    this.fault ??= apiRefusal(code, message, 'message', detail);
  }

  malformed(detail: string): void {
    this.fail(34014, '会话消息的json结构无效或不完整', detail);
  }

  tooLong(path: string, length: number, limit: number): void {
    this.fail(34016, '会话消息的内容超长', `${path} has ${length} characters, ${limit} are allowed`);
  }

  /** An object at `path`; a fault when it is none, or (when needed) absent. */
  object(parent: Record<string, unknown>, path: string, needed: boolean): Record<string, unknown> | null {
    const value = parent[lastOf(path)];
    if (value === undefined || value === null) {
      if (needed) this.malformed(`${path} is missing`);
      return null;
    }
    if (isObject(value)) return value;
    this.malformed(`${path} is no object`);
    return null;
  }

  /** Text at `path`. Null when absent or wrong. Empty text counts as absent where the field is needed. */
  text(
    parent: Record<string, unknown>,
    path: string,
    needed: boolean,
    limit: Limit | null = null,
  ): string | null {
    const value = parent[lastOf(path)];
    if (value === undefined || value === null || (value === '' && needed)) {
      if (needed) this.malformed(`${path} is missing or empty`);
      return null;
    }
    if (typeof value !== 'string') {
      this.malformed(`${path} is no string`);
      return null;
    }
    if (limit !== null && value.length > limit.value) this.tooLong(path, value.length, limit.value);
    return value;
  }

  /** Notes text that is longer than advised. */
  advise(text: string | null, path: string, limit: Limit): void {
    if (text === null || text.length <= limit.value) return;
    this.remarks.push(`${path} has ${text.length} characters, ${limit.value} are advised`);
  }

  /** A link that the client can open: http, https, or one of DingTalk's own schemes. */
  link(
    parent: Record<string, unknown>,
    path: string,
    needed: boolean,
    limit: Limit | null = null,
  ): string | null {
    const url = this.text(parent, path, needed, limit);
    if (url !== null && url !== '' && !/^(?:https?|dingtalk|eapp):\/\/\S+$/.test(url)) {
      this.fail(40048, 'url中包含不合法domain', `${path} is no http, https, dingtalk or eapp link`);
    }
    return url;
  }

  /** A media id that was uploaded as one of `types`. */
  medium(parent: Record<string, unknown>, path: string, needed: boolean, types: readonly string[]): void {
    const id = parent[lastOf(path)];
    if (id === undefined || id === null || id === '') {
      if (needed) this.fail(40007, '不合法的媒体文件id', `${path} is missing or empty`);
      return;
    }
    const known = typeof id === 'string' ? this.context.medium(id) : null;
    if (known === null) this.fail(40007, '不合法的媒体文件id', `${path} names no uploaded medium`);
    else if (!types.includes(known.type)) {
      this.fail(40007, '不合法的媒体文件id', `${path} names a medium of type ${known.type}`);
    } else if (known.type === 'file' && (known.bytes ?? 0) > this.context.fileInMessageBytes) {
      const detail = `${path} names a file of ${known.bytes} bytes, ${this.context.fileInMessageBytes} are allowed`;
      this.fail(40006, '不合法的文件大小', detail);
    }
  }

  /** Notes fields that the documentation does not know. */
  only(parent: Record<string, unknown>, path: string, known: readonly string[]): void {
    for (const name of Object.keys(parent)) {
      if (!known.includes(name)) this.remarks.push(`${path}.${name.slice(0, 40)} is not documented`);
    }
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
