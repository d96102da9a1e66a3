import { apiRefusal, success } from '../answer.ts';
import { invalid } from '../arguments.ts';
import type { AppCall, HandlerResult } from '../world.ts';

/** Chinese mobiles, or `+<country>-<number>` (the form of the address book for other countries). */
const mobilePattern = /^(?:1\d{10}|\+?\d{1,4}-\d{5,14})$/;

/** POST /topapi/v2/user/getbymobile (K63). */
export function getByMobile(call: AppCall): HandlerResult {
  const { mobile, support_exclusive_account_search: exclusive } = call.values;
  if (![undefined, null, true, false, 'true', 'false'].some((allowed) => allowed === exclusive)) {
    return invalid('support_exclusive_account_search', 'neither true nor false');
  }
  const userid = find(call, mobile, 400002);
  if (typeof userid !== 'string') return userid;
  const fields = `"result":{"exclusive_account_userid_list":[],"userid":${JSON.stringify(userid)}}`;
  return success(fields, call.requestId);
}

/** GET /user/get_by_mobile (K1463), the legacy lookup. */
export function legacyGetByMobile(call: AppCall): HandlerResult {
  const userid = find(call, call.query.get('mobile'), 40035);
  return typeof userid === 'string' ? success(`"userid":${JSON.stringify(userid)}`, call.requestId) : userid;
}

function find(call: AppCall, mobile: unknown, missingCode: number): string | HandlerResult {
  if (mobile === undefined || mobile === null || mobile === '') {
    return apiRefusal(missingCode, '无效的参数', 'parameter', 'mobile is missing');
  }
  // Documented as text; a number has the same digits.
  const text = typeof mobile === 'number' ? String(mobile) : mobile;
  if (typeof text !== 'string' || !mobilePattern.test(text)) {
    return apiRefusal(40104, '无效的手机号', 'parameter', 'mobile has no valid form');
  }
  const user = call.world.directory.byMobile(text);
  return user === null ? apiRefusal(60121, '找不到该用户', null, 'nobody has this mobile') : user.userid;
}
