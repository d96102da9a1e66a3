import { callLimits } from '../dingtalk/limits.ts';
import { departmentChunks } from '../model/department-chunks.ts';
import type { Audience, RenderedMessage } from '../model/plan.ts';

/** The calls that an audience is cut into. A mobile counts as a person of its own: nobody is looked up here. */
export interface Calls {
  /** People of each call to userids. */
  readonly users: readonly number[];
  readonly departments: number;
  readonly broadcasts: number;
}

export function callsFor(
  audience: Audience,
  message: RenderedMessage | null,
  departmentSize: (id: number) => number,
): Calls {
  if (audience.everyone) return { users: [], departments: 0, broadcasts: 1 };
  const perCall = message?.statusBar === true ? callLimits.statusBarUserids.value : callLimits.userids.value;
  const people = audience.userids.length + audience.mobiles.length;
  const users = Array.from({ length: Math.ceil(people / perCall) }, (_, index) =>
    Math.min(perCall, people - index * perCall),
  );
  const sizes = {
    departments: callLimits.departments.value,
    people: callLimits.recipients.value,
    departmentSize,
  };
  return { users, departments: departmentChunks(audience.deptIds, sizes).length, broadcasts: 0 };
}

export function countOf({ users, departments, broadcasts }: Calls): number {
  return users.length + departments + broadcasts;
}
