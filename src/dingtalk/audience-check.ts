import type { SendAudience } from './client-types.ts';
import { callLimits } from './limits.ts';
import { fault, type MessageFault } from './message-fault.ts';

/** What is wrong with the audience of one send; nothing when it may go out. Source: K769, K775 (status bar). */
export function checkAudience(audience: SendAudience, statusBar: boolean): readonly MessageFault[] {
  if (audience.kind === 'everyone') {
    return statusBar
      ? [fault('to_all_user', 'conflict', 'must not be true for a message with a status bar')]
      : [];
  }
  if (audience.kind === 'departments') {
    const { deptIds } = audience;
    const faults = checkList('dept_id_list', deptIds.length, callLimits.departments.value);
    if (statusBar)
      faults.push(fault('dept_id_list', 'conflict', 'must be absent for a message with a status bar'));
    if (deptIds.some((id) => !Number.isSafeInteger(id) || id <= 0)) {
      faults.push(fault('dept_id_list', 'bad_format', 'must hold positive whole numbers'));
    }
    return faults;
  }
  const limit = statusBar ? callLimits.statusBarUserids.value : callLimits.userids.value;
  const faults = checkList('userid_list', audience.userids.length, limit);
  // The list travels as text with commas between, so a comma inside an id would name somebody else.
  if (audience.userids.some((userid) => userid.trim() === '' || userid.includes(','))) {
    faults.push(fault('userid_list', 'bad_format', 'must hold userids without commas, none of them blank'));
  }
  return faults;
}

/** An empty list is answered with code 1 "Platform System error" (hhyo/Archery#836), which would look unknown. */
function checkList(path: string, length: number, limit: number): MessageFault[] {
  if (length === 0) return [fault(path, 'empty', 'must not be empty')];
  if (length <= limit) return [];
  return [fault(path, 'too_many', `has ${length} entries, ${limit} are allowed`, length, limit)];
}
