import { fieldAdvice, fieldLimits } from '../../dingtalk/limits.ts';
import { isObject, type Fields } from './fields.ts';

/** Action cards (K775): one link for the whole card, or a list of buttons; exactly one of the two. */
export function checkActionCard(body: Record<string, unknown>, fields: Fields): void {
  fields.text(body, 'action_card.title', false, fieldLimits.cardTitle);
  const markdown = fields.text(body, 'action_card.markdown', true, fieldLimits.cardMarkdown);
  fields.advise(markdown, 'action_card.markdown', fieldAdvice.cardMarkdown);
  const single = given(body['single_title']) || given(body['single_url']);
  const multi = given(body['btn_orientation']) || given(body['btn_json_list']);
  if (single === multi) {
    fields.malformed(
      single
        ? 'action_card has both a single link and buttons'
        : 'action_card has neither a link nor buttons',
    );
  }
  if (single) {
    fields.text(body, 'action_card.single_title', true, fieldLimits.singleTitle);
    fields.link(body, 'action_card.single_url', true, fieldLimits.singleUrl);
  }
  if (multi) checkButtons(body, fields);
  fields.only(body, 'action_card', [
    'title',
    'markdown',
    'single_title',
    'single_url',
    'btn_orientation',
    'btn_json_list',
  ]);
}

function checkButtons(body: Record<string, unknown>, fields: Fields): void {
  const orientation = fields.text(body, 'action_card.btn_orientation', true);
  if (orientation !== null && orientation !== '0' && orientation !== '1') {
    fields.malformed('action_card.btn_orientation is neither "0" nor "1"');
  }
  const list = body['btn_json_list'];
  if (!Array.isArray(list) || list.length === 0) {
    fields.malformed('action_card.btn_json_list is no array of buttons');
    return;
  }
  const { length } = JSON.stringify(list);
  if (length > fieldLimits.buttonList.value) {
    fields.tooLong('action_card.btn_json_list', length, fieldLimits.buttonList.value);
  }
  const url = { ...fieldLimits.linkActionUrl, value: fields.context.actionUrlChars };
  for (const button of list as readonly unknown[]) {
    if (!isObject(button)) {
      fields.malformed('action_card.btn_json_list holds something that is no object');
      return;
    }
    fields.text(button, 'action_card.btn_json_list.title', true, fieldLimits.buttonTitle);
    fields.link(button, 'action_card.btn_json_list.action_url', true, url);
    fields.only(button, 'action_card.btn_json_list[]', ['title', 'action_url']);
  }
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
