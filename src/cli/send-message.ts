import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import type { Active } from '../app/configuration.ts';
import { systemClock } from '../base/clock.ts';
import { exitCodes } from './exit-codes.ts';
import { readEvent } from './loading.ts';

/** The ways to say what is sent; exactly one of them. */
export interface MessageOptions {
  readonly text?: string;
  readonly markdown?: string;
  readonly title?: string;
  readonly image?: string;
  readonly file?: string;
  readonly message?: string;
  readonly template?: string;
  readonly event?: string;
}

export type ReadMessage =
  | { readonly kind: 'message'; readonly message: unknown }
  /** The template cannot make a message of this event. */
  | { readonly kind: 'failure'; readonly message: string };

const ways = ['text', 'markdown', 'image', 'file', 'message', 'template'] as const;

/** The message that the options stand for, unchecked; ends the command when they contradict each other. */
export function readMessage(options: MessageOptions, active: Active, command: Command): ReadMessage {
  const refuse = (text: string): never => command.error(`error: ${text}`, { exitCode: exitCodes.usage });
  const chosen = ways.filter((way) => options[way] !== undefined);
  const [way] = chosen;
  if (way === undefined || chosen.length > 1) {
    return refuse(`say what to send with one of ${ways.map((each) => `--${each}`).join(', ')}`);
  }
  if ((way === 'template') !== (options.event !== undefined))
    refuse('--template and --event belong together');
  if ((way === 'markdown') !== (options.title !== undefined))
    refuse('--markdown and --title belong together');
  const value = options[way] ?? '';
  switch (way) {
    case 'text':
      return { kind: 'message', message: { msgtype: 'text', text: { content: value } } };
    case 'markdown': {
      const markdown = { title: options.title, text: value };
      return { kind: 'message', message: { msgtype: 'markdown', markdown } };
    }
    case 'image':
    case 'file':
      return { kind: 'message', message: { msgtype: way, [way]: { media_id: medium(value) } } };
    case 'message':
      return { kind: 'message', message: readEvent(command, value) };
    case 'template':
      return fromTemplate(value, options.event ?? '-', active, command);
  }
}

/** Media ids begin with @ or $; a file of that name is still a file. */
function medium(text: string): unknown {
  return /^[@$]/.test(text) && !existsSync(text) ? text : { upload: text };
}

function fromTemplate(template: string, event: string, active: Active, command: Command): ReadMessage {
  const refuse = (text: string): never => command.error(`error: ${text}`, { exitCode: exitCodes.usage });
  const now = systemClock.now();
  const read = active.rules.eventFrom(readEvent(command, event), now);
  if (!read.ok) return refuse(`${event}: ${read.message}`);
  const rendered = active.rules.render(template, { event: read.event }, now);
  switch (rendered.kind) {
    case 'message':
      return { kind: 'message', message: JSON.parse(rendered.message.body) };
    case 'failure':
      return { kind: 'failure', message: `${rendered.failure.reason}: ${rendered.failure.message}` };
    case 'unknown_template': {
      const hint = rendered.suggestion === null ? '' : `; did you mean ${rendered.suggestion}?`;
      return refuse(`there is no template "${template}"${hint}`);
    }
  }
}
