import { fieldAdvice, fieldLimits } from '../../dingtalk/limits.ts';
import { isObject, type Fields } from './fields.ts';

/** `0xFF` and six hexadecimal digits: the form of status bar colours (K775, K771). */
export const statusColour = /^0x[0-9a-fA-F]{8}$/;

/** OA messages (K775). Rows beyond the sixth and lines beyond the third are hidden, not refused. */
export function checkOa(body: Record<string, unknown>, fields: Fields): void {
  fields.link(body, 'oa.message_url', true);
  fields.link(body, 'oa.pc_message_url', false);
  fields.only(body, 'oa', ['message_url', 'pc_message_url', 'head', 'status_bar', 'body']);
  const head = fields.object(body, 'oa.head', true);
  if (head !== null) checkHead(head, fields);
  const bar = fields.object(body, 'oa.status_bar', false);
  if (bar !== null) checkStatusBar(bar, fields);
  const content = fields.object(body, 'oa.body', true);
  if (content !== null) checkBody(content, fields);
}

function checkHead(head: Record<string, unknown>, fields: Fields): void {
  const colour = fields.text(head, 'oa.head.bgcolor', true);
  if (colour !== null && !/^[0-9a-fA-F]{8}$/.test(colour)) {
    fields.malformed('oa.head.bgcolor is not eight hexadecimal digits (AARRGGBB, without 0x)');
  }
  fields.advise(fields.text(head, 'oa.head.text', true), 'oa.head.text', fieldLimits.oaHeadText);
  fields.only(head, 'oa.head', ['bgcolor', 'text']);
}

function checkStatusBar(bar: Record<string, unknown>, fields: Fields): void {
  fields.text(bar, 'oa.status_bar.status_value', false);
  const colour = fields.text(bar, 'oa.status_bar.status_bg', false);
  if (colour !== null && !statusColour.test(colour)) {
    fields.malformed('oa.status_bar.status_bg is not 0x and eight hexadecimal digits');
  }
  fields.only(bar, 'oa.status_bar', ['status_value', 'status_bg']);
}

function checkBody(body: Record<string, unknown>, fields: Fields): void {
  fields.advise(fields.text(body, 'oa.body.title', false), 'oa.body.title', fieldAdvice.oaBodyTitle);
  fields.text(body, 'oa.body.content', false, fieldLimits.oaBodyContent);
  fields.text(body, 'oa.body.file_count', false);
  fields.text(body, 'oa.body.author', false);
  fields.medium(body, 'oa.body.image', false, ['image']);
  const rich = fields.object(body, 'oa.body.rich', false);
  if (rich !== null) {
    fields.text(rich, 'oa.body.rich.num', false);
    fields.text(rich, 'oa.body.rich.unit', false);
    fields.only(rich, 'oa.body.rich', ['num', 'unit']);
  }
  checkForm(body['form'], fields);
  fields.only(body, 'oa.body', ['title', 'form', 'rich', 'content', 'image', 'file_count', 'author']);
}

function checkForm(form: unknown, fields: Fields): void {
  if (form === undefined || form === null) return;
  if (!Array.isArray(form)) {
    fields.malformed('oa.body.form is no array');
    return;
  }
  const rows = fieldAdvice.oaBodyFormRows.value;
  if (form.length > rows) fields.remarks.push(`oa.body.form has ${form.length} rows, ${rows} are shown`);
  for (const row of form as readonly unknown[]) {
    if (!isObject(row)) {
      fields.malformed('oa.body.form holds something that is no object');
      return;
    }
    fields.text(row, 'oa.body.form.key', false);
    fields.text(row, 'oa.body.form.value', false);
    fields.only(row, 'oa.body.form[]', ['key', 'value']);
  }
}
