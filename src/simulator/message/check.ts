import { fieldAdvice, fieldLimits } from '../../dingtalk/limits.ts';
import type { Refusal } from '../answer.ts';
import { checkActionCard } from './action-card.ts';
import { Fields, isObject, type MessageContext } from './fields.ts';
import { checkOa } from './oa.ts';

export type { MessageContext } from './fields.ts';

export interface MessageCheck {
  readonly refusal: Refusal | null;
  readonly msgtype: string;
  /** An OA message with a status bar may go to few people only. */
  readonly statusBar: { readonly value: string; readonly background: string | null } | null;
  /** What the service takes although its documentation advises otherwise or does not know it. */
  readonly remarks: readonly string[];
}

type Check = (body: Record<string, unknown>, fields: Fields) => void;

const checks: Readonly<Record<string, Check>> = {
  text(body, fields) {
    const content = fields.text(body, 'text.content', true, fieldLimits.textContent);
    fields.advise(content, 'text.content', fieldAdvice.textContent);
    fields.only(body, 'text', ['content']);
  },
  image(body, fields) {
    fields.medium(body, 'image.media_id', true, ['image']);
    fields.only(body, 'image', ['media_id']);
  },
  voice(body, fields) {
    fields.medium(body, 'voice.media_id', true, ['voice']);
    const duration = fields.text(body, 'voice.duration', true);
    if (
      duration !== null &&
      (!/^[1-9]\d*$/.test(duration) || Number(duration) > fieldLimits.voiceSeconds.value)
    ) {
      fields.fail(45007, '语音播放时间超过限制', 'voice.duration is no whole number of seconds below 60');
    }
    fields.only(body, 'voice', ['media_id', 'duration']);
  },
  file(body, fields) {
    fields.medium(body, 'file.media_id', true, ['file']);
    fields.only(body, 'file', ['media_id']);
  },
  link(body, fields) {
    fields.link(body, 'link.messageUrl', true);
    fields.medium(body, 'link.picUrl', true, ['image']);
    fields.advise(fields.text(body, 'link.title', true), 'link.title', fieldAdvice.linkTitle);
    fields.advise(fields.text(body, 'link.text', true), 'link.text', fieldAdvice.linkText);
    fields.only(body, 'link', ['messageUrl', 'picUrl', 'title', 'text']);
  },
  markdown(body, fields) {
    fields.text(body, 'markdown.title', true);
    fields.text(body, 'markdown.text', true, fieldLimits.markdownText);
    fields.only(body, 'markdown', ['title', 'text']);
  },
  oa: checkOa,
  action_card: checkActionCard,
};

/**
 * Checks one `msg` against the documented message types (K775), independently of how any client checks its own:
 * required fields, types, lengths, media, and that it is one type alone. The size in bytes is not looked at here.
 */
export function checkMessage(msg: unknown, context: MessageContext): MessageCheck {
  const fields = new Fields(context);
  if (!isObject(msg)) {
    fields.malformed('msg is no object');
    return { refusal: fields.fault, msgtype: '', statusBar: null, remarks: [] };
  }
  const msgtype = typeof msg['msgtype'] === 'string' ? msg['msgtype'] : '';
  const check = Object.hasOwn(checks, msgtype) ? checks[msgtype] : undefined;
  if (check === undefined) {
    const detail = `msg.msgtype ${JSON.stringify(msgtype.slice(0, 40))} is none of the documented types`;
    fields.fail(40008, '不合法的消息类型', detail);
    return { refusal: fields.fault, msgtype, statusBar: null, remarks: [] };
  }
  for (const name of Object.keys(msg)) {
    if (name === 'msgtype' || name === msgtype) continue;
    if (Object.hasOwn(checks, name))
      fields.malformed(`msg holds ${name} besides ${msgtype}: one type per send`);
    else fields.remarks.push(`msg.${name.slice(0, 40)} is not documented`);
  }
  const body = fields.object(msg, `msg.${msgtype}`, true);
  if (body !== null) check(body, fields);
  const bar = body !== null && msgtype === 'oa' && isObject(body['status_bar']) ? body['status_bar'] : null;
  const statusBar =
    bar === null
      ? null
      : { value: textOr(bar['status_value'], ''), background: textOr(bar['status_bg'], null) };
  return { refusal: fields.fault, msgtype, statusBar, remarks: fields.remarks };
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
