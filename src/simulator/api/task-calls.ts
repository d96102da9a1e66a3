import { apiRefusal, success, type Refusal } from '../answer.ts';
import { digitsOf, invalid, missing } from '../arguments.ts';
import { statusColour } from '../message/oa.ts';
import type { Task } from '../task.ts';
import type { AppCall, HandlerResult } from '../world.ts';
import { systemError } from './audience.ts';
import { progressOf, readAt } from './outcome.ts';
import { checkAgent } from './send.ts';

/** getsendprogress (K772). Beyond its window a task counts as unknown. */
export function progress(call: AppCall): HandlerResult {
  const task = findTask(call, 'task_id', call.world.limits.current.progressWindowMs, 40035, '不合法的参数');
  if ('code' in task) return task;
  const { status, percent } = progressOf(task, call.world, call.now);
  return success(`"progress":{"progress_in_percent":${percent},"status":${status}}`, call.requestId);
}

/** getsendresult (K773). */
export function result(call: AppCall): HandlerResult {
  const { world, now } = call;
  const limits = world.limits.current;
  const task = findTask(call, 'task_id', limits.resultWindowMs, 40035, '不合法的参数');
  if ('code' in task) return task;
  if (task.kind === 'everyone' || task.recipients > limits.resultRecipients) {
    return world.behaviour.largeResult === 'timeout' ? timeout() : tooMany(null);
  }
  const done = progressOf(task, world, now).status === 2;
  if (!done && world.behaviour.resultBeforeFinish === '41052') return tooMany(null);
  const lists = done ? listsOf(task, call) : emptyLists;
  const joined = world.behaviour.listStyle === 'comma';
  const shown = Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [
      name,
      joined && name !== 'forbidden_list' ? list.join(',') : list,
    ]),
  );
  return success(`"send_result":${JSON.stringify(shown)}`, call.requestId);
}

/** recall (K770). Taking back again what was taken back succeeds and changes nothing. */
export function recall(call: AppCall): HandlerResult {
  const { world, now } = call;
  const window = world.limits.current.recallWindowMs;
  const task = findTask(call, 'msg_task_id', window, 400002, 'agentId不合法或taskId不合法');
  if ('code' in task) return task;
  task.recalledAt ??= now;
  world.revision++;
  return success('', call.requestId);
}

/** status_bar/update (K771): OA messages only. */
export function statusBar(call: AppCall): HandlerResult {
  const { world, values, now } = call;
  const task = findTask(
    call,
    'task_id',
    world.limits.current.statusBarWindowMs,
    40035,
    '不合法的参数',
    40056,
  );
  if ('code' in task) return task;
  const { status_value: value, status_bg: background } = values;
  if (value === undefined || value === null || value === '') return missing('status_value');
  if (typeof value !== 'string') return invalid('status_value', 'no text');
  if (background === '') return systemError('status_bg is empty');
  if (background !== undefined && background !== null) {
    const good = typeof background === 'string' && statusColour.test(background);
    if (!good)
      return apiRefusal(
        40035,
        '不合法的参数',
        'parameter',
        'status_bg is not 0x and eight hexadecimal digits',
      );
  }
  if (task.msgtype !== 'oa') {
    return apiRefusal(40035, '不合法的参数', 'parameter', `a ${task.msgtype} message has no status bar`);
  }
  if (progressOf(task, world, now).status !== 2) return tooMany(null);
  const colour = typeof background === 'string' ? background : (task.statusBar?.background ?? null);
  task.statusBar = { value, background: colour, at: now };
  world.revision++;
  return success('', call.requestId);
}

/** The task that a call names; tasks of other apps, unknown ones and those outside the window are all "not valid". */
function findTask(
  call: AppCall,
  name: string,
  windowMs: number,
  code: number,
  message: string,
  agentCode: number = code,
): Task | Refusal {
  const wrongAgent = checkAgent(call, agentCode, agentCode === code ? message : '不合法的agentid');
  if (wrongAgent !== null) return wrongAgent;
  const given = call.values[name];
  if (given === undefined || given === null || given === '') return missing(name);
  const digits = digitsOf(given);
  if (digits === null) return invalid(name, 'no whole number');
  const task = call.world.tasks.get(digits);
  if (task === null || task.agentId !== call.app.agentId) {
    return apiRefusal(code, message, 'parameter', `${name} names no task of this app`);
  }
  if (call.now - task.at <= windowMs) return task;
  const hours = Math.round(windowMs / 3_600_000);
  return apiRefusal(code, message, 'limit', `${name} names a task that is more than ${hours} hours old`);
}

const emptyLists: Readonly<Record<string, readonly unknown[]>> = {
  failed_user_id_list: [],
  forbidden_list: [],
  invalid_dept_id_list: [],
  invalid_user_id_list: [],
  read_user_id_list: [],
  unread_user_id_list: [],
};

function listsOf(task: Task, call: AppCall): Readonly<Record<string, readonly unknown[]>> {
  const read: string[] = [];
  const unread: string[] = [];
  for (const userid of task.delivered) {
    (readAt(task, userid, call.world, call.now) === null ? unread : read).push(userid);
  }
  const lists = {
    failed_user_id_list: task.failed,
    forbidden_list: task.forbidden.map(({ code, count, userid }) => ({ code, count, userid })),
    invalid_dept_id_list: task.invalidDepartments,
    invalid_user_id_list: task.invalidUserids,
    read_user_id_list: read,
    unread_user_id_list: unread,
  };
  // Live answers leave this list out while it is empty (BRICK).
  if (task.forbidden.length === 0) return lists;
  return { ...lists, forbidden_user_id_list: task.forbidden.map((left) => left.userid) };
}

/** K771's code for "too many people, or not finished". */
function tooMany(breach: Refusal['breach']): Refusal {
  return apiRefusal(
    41052,
    '本次发送人数过多,不再返回发送结果',
    breach,
    'no result: too many people, or not finished',
  );
}

/** K773: beyond 100 people "the system answers with a call time-out"; the code is that of the gateway's back-end faults. */
function timeout(): Refusal {
  return apiRefusal(15, '调用超时', null, 'no result for more than 100 people');
}
