import { apiRefusal, type Refusal } from '../answer.ts';
import { invalid, type Arguments } from '../arguments.ts';
import type { Directory } from '../directory.ts';
import type { DirectoryApp } from '../directory-data.ts';
import type { SimulatorLimits } from '../limits.ts';

/** Who a send names, before anybody is looked up. */
export interface Addressed {
  readonly userids: readonly string[];
  readonly departments: readonly number[];
  readonly everyone: boolean;
}

/** The people that a send reaches, and what of its audience does not exist. */
export interface Audience {
  readonly people: readonly string[];
  readonly invalidUserids: readonly string[];
  readonly invalidDepartments: readonly number[];
}

const none: readonly never[] = [];

/**
 * Reads `userid_list`, `dept_id_list` and `to_all_user`. At least one must name somebody; the official sample sends
 * both lists at once, so that is allowed. An empty list is answered as it is live (hhyo/Archery#836).
 */
export function readAddressed(values: Arguments, limits: SimulatorLimits): Addressed | Refusal {
  const { userid_list: userids, dept_id_list: departments, to_all_user: all } = values;
  if (userids === '') return apiRefusal(1, 'Platform System error', 'parameter', 'userid_list is empty');
  if (departments === '') return systemError('dept_id_list is empty');
  if (all === '') return systemError('to_all_user is empty');
  const everyone = readBoolean(all);
  if (everyone === null) return invalid('to_all_user', 'neither true nor false');
  const users = readUserids(userids, limits);
  if ('code' in users) return users;
  const ids = readDepartments(departments, limits);
  if ('code' in ids) return ids;
  const named = users.length + ids.length;
  if (everyone && named > 0) {
    return apiRefusal(40035, '不合法的参数', 'parameter', 'to_all_user comes together with a list');
  }
  if (!everyone && named === 0) return apiRefusal(40035, '不合法的参数', 'parameter', 'nobody is addressed');
  return { userids: users, departments: ids, everyone };
}

export function systemError(detail: string): Refusal {
  return apiRefusal(400001, '系统错误', 'parameter', detail);
}

function readBoolean(value: unknown): boolean | null {
  if (value === undefined || value === null || value === false || value === 'false') return false;
  return value === true || value === 'true' ? true : null;
}

function readUserids(value: unknown, limits: SimulatorLimits): readonly string[] | Refusal {
  if (value === undefined || value === null) return none;
  if (typeof value !== 'string') return invalid('userid_list', 'no text of userids with commas');
  if (!value.includes(',')) return [value];
  const userids = value.split(',');
  if (userids.length > limits.useridsPerCall) {
    const detail = `userid_list: ${userids.length} userids, ${limits.useridsPerCall} are allowed`;
    return apiRefusal(40032, '不合法的UserID列表长度', 'parameter', detail);
  }
  if (userids.includes('')) return invalid('userid_list', 'holds an empty userid');
  return userids;
}

function readDepartments(value: unknown, limits: SimulatorLimits): readonly number[] | Refusal {
  if (value === undefined || value === null) return none;
  if (typeof value !== 'string') return invalid('dept_id_list', 'no text of department ids with commas');
  const parts = value.split(',');
  if (parts.length > limits.departmentsPerCall) {
    return invalid('dept_id_list', `${parts.length} departments, ${limits.departmentsPerCall} are allowed`);
  }
  if (parts.some((part) => !/^\d{1,15}$/.test(part))) {
    return invalid('dept_id_list', 'holds something that is no department id');
  }
  return parts.map(Number);
}

/** Looks everybody up, sub-departments included. Each person comes once, however often they are addressed. */
export function resolveAudience(addressed: Addressed, directory: Directory, app: DirectoryApp): Audience {
  const [only] = addressed.userids;
  // The usual case, one person, without any sets.
  if (addressed.userids.length === 1 && only !== undefined && addressed.departments.length === 0) {
    const reached = directory.isActive(only) && directory.inScope(app, only);
    return {
      people: reached ? addressed.userids : none,
      invalidUserids: reached ? none : addressed.userids,
      invalidDepartments: none,
    };
  }
  const people = new Set<string>();
  const invalidUserids = new Set<string>();
  for (const userid of addressed.userids) {
    const reached = directory.isActive(userid) && directory.inScope(app, userid);
    (reached ? people : invalidUserids).add(userid);
  }
  const departments = addressed.everyone ? [1] : addressed.departments;
  const invalidDepartments: number[] = [];
  for (const id of departments) {
    if (!directory.hasDepartment(id) && !addressed.everyone) {
      invalidDepartments.push(id);
      continue;
    }
    for (const userid of directory.members(id)) {
      if (app.scope === null || directory.inScope(app, userid)) people.add(userid);
    }
  }
  return { people: [...people], invalidUserids: [...invalidUserids], invalidDepartments };
}
