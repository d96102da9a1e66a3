import type { MessageType } from '../../model/plan.ts';

/**
 * How each field of a message is rendered. Markdown fields escape what events put into them; free texts may be
 * shortened when a message is too long; `main` is the text that an event's time is appended to.
 */
export interface FieldRole {
  readonly markdown: boolean;
  readonly free: boolean;
  readonly main: boolean;
  /** An address, or a text in which addresses may stand; null = neither. */
  readonly links: 'address' | 'text' | null;
}

type Roles = Readonly<Record<string, Partial<FieldRole>>>;

const free: Partial<FieldRole> = { free: true, links: 'text' };
const address: Partial<FieldRole> = { links: 'address' };

const roles: Readonly<Record<MessageType, Roles>> = {
  text: { content: { ...free, main: true } },
  image: {},
  voice: {},
  file: {},
  link: { messageUrl: address, picUrl: address, title: free, text: { ...free, main: true } },
  markdown: { title: free, text: { ...free, markdown: true, main: true } },
  oa: {
    message_url: address,
    pc_message_url: address,
    'body.title': free,
    'body.form.value': free,
    'body.content': { ...free, main: true },
    'body.author': free,
    'status_bar.status_value': free,
  },
  action_card: {
    title: free,
    markdown: { ...free, markdown: true, main: true },
    single_url: address,
    'btn_json_list.action_url': address,
  },
};

const plain: FieldRole = { markdown: false, free: false, main: false, links: null };

/** The role of the field at a path; positions in lists do not matter. */
export function roleOf(type: MessageType, path: readonly (string | number)[]): FieldRole {
  const name = path.filter((part) => typeof part === 'string').join('.');
  return { ...plain, ...roles[type][name] };
}

/** The path of the text that `same_content: append_event_time` lengthens; null where a type has none. */
export function mainTextPath(type: MessageType): readonly string[] | null {
  const name = Object.entries(roles[type]).find(([, role]) => role.main === true)?.[0];
  return name === undefined ? null : name.split('.');
}
