import { createHash } from 'node:crypto';
import { apiRefusal, success, type Refusal } from '../answer.ts';
import { digitsOf, hasUnicodeEscape, invalid, missing } from '../arguments.ts';
import { checkMessage } from '../message/check.ts';
import { isObject } from '../message/fields.ts';
import { Quotas } from '../quotas.ts';
import type { Forbidden, Task } from '../task.ts';
import { note, type AppCall, type HandlerResult } from '../world.ts';
import { readAddressed, resolveAudience, type Addressed } from './audience.ts';
import { knownMedium } from './media.ts';

const nobody: readonly never[] = [];

/**
 * asyncsend_v2 (K769). Whatever is wrong with the request is refused here; whoever a quota leaves out, has gone or
 * does not exist is told by getsendresult alone, the send itself succeeds.
 */
export function send(call: AppCall): HandlerResult {
  const { world, values, app, now } = call;
  const limits = world.limits.current;
  const wrongAgent = checkAgent(call, 40056, '不合法的agentid');
  if (wrongAgent !== null) return wrongAgent;
  const message = readMessage(call);
  if ('code' in message) return message;
  const addressed = readAddressed(values, limits);
  if ('code' in addressed) return addressed;
  const checked = checkMessage(message.msg, {
    medium: (id) => knownMedium(call, id),
    actionUrlChars: limits.actionUrlChars,
    fileInMessageBytes: limits.fileInMessageBytes,
  });
  for (const detail of checked.remarks) note(call, 'advice', detail);
  if (checked.refusal !== null) {
    // A client cannot know that a medium has expired: it broke no rule.
    return call.struck.includes('media-expired') ? { ...checked.refusal, breach: null } : checked.refusal;
  }
  if (checked.statusBar !== null) {
    const refusal = checkStatusBarAudience(addressed, limits.statusBarUserids);
    if (refusal !== null) return refusal;
  }
  const outside = world.behaviour.outOfScope === 'refuse' ? checkScope(call, addressed) : null;
  if (outside !== null) return outside;
  const audience = resolveAudience(addressed, world.directory, app);
  if (!addressed.everyone && audience.people.length > limits.recipientsPerCall) {
    const detail = `${audience.people.length} people, ${limits.recipientsPerCall} are allowed in one send`;
    return apiRefusal(41029, '超过消息接收者人数上限，企业接入为5000，ISV接入为1000', 'limit', detail);
  }
  const capped = addressed.everyone ? world.quotas.broadcast(app.appKey, now, limits) : null;
  if (capped !== null) return capped;

  const content = Quotas.needsContent(limits) ? contentHash(message.msg) : '';
  const shares = share(call, audience.people, content, addressed.everyone);
  const late = world.faults.none ? null : strike(call, 'result-late');
  const task: Task = {
    id: world.tasks.nextId(),
    appKey: app.appKey,
    agentId: app.agentId,
    kind: kindOf(addressed),
    msgtype: checked.msgtype,
    msg: message.text,
    at: now,
    lateMs: late?.spec.ms ?? (late === null ? 0 : 60_000),
    delivered: shares.delivered,
    invalidUserids:
      shares.left.length === 0 ? audience.invalidUserids : [...audience.invalidUserids, ...shares.left],
    invalidDepartments: audience.invalidDepartments,
    forbidden: shares.forbidden,
    failed: shares.failed,
    recipients: audience.people.length,
    recalledAt: null,
    statusBar: checked.statusBar === null ? null : { ...checked.statusBar, at: now },
    reads: null,
  };
  world.tasks.add(task);
  world.revision++;
  return success(`"task_id":${task.id}`, call.requestId);
}

/** Refuses a call whose agent_id is missing, no number, or not that of the token's app. */
export function checkAgent(call: AppCall, code: number, message: string): Refusal | null {
  const given = call.values['agent_id'];
  if (given === undefined || given === null || given === '') return missing('agent_id');
  const digits = digitsOf(given);
  if (digits === null) return invalid('agent_id', 'no whole number');
  if (digits === String(call.app.agentId)) return null;
  return apiRefusal(code, message, 'parameter', `agent_id ${digits} is not that of the token's app`);
}

function readMessage(call: AppCall): { readonly msg: unknown; readonly text: string } | Refusal {
  const given = call.values['msg'];
  const { unicodeEscapes } = call.world.behaviour;
  let msg = given;
  if (typeof given === 'string') {
    msg = parseOrNull(given);
    if (unicodeEscapes === 'refuse' && hasUnicodeEscape(given)) return escaped();
  }
  if (unicodeEscapes === 'refuse' && call.unicodeEscape) return escaped();
  // Anything that is no JSON object counts as missing, as live (mingyoung/dingtalk#79).
  if (!isObject(msg)) return missing('msg');
  const text = typeof given === 'string' ? given : JSON.stringify(msg);
  const limit = call.world.limits.current.messageBytes;
  const bytes = limit === null || text.length * 3 <= limit ? 0 : Buffer.byteLength(text);
  if (limit !== null && bytes > limit) {
    return apiRefusal(45002, '消息内容超过限制', 'message', `msg has ${bytes} bytes, ${limit} are allowed`);
  }
  return { msg, text };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is an expected kind of wrong input; the caller answers it.
    return null;
  }
}

function escaped(): Refusal {
  return apiRefusal(
    40033,
    '不合法的请求字符，不能包含\\uxxxx格式的字符',
    'encoding',
    'the request holds \\uXXXX escapes',
  );
}

function checkStatusBarAudience(addressed: Addressed, limit: number): Refusal | null {
  if (addressed.everyone || addressed.departments.length > 0) {
    return apiRefusal(40035, '不合法的参数', 'parameter', 'a message with a status bar goes to userids only');
  }
  if (addressed.userids.length <= limit) return null;
  const detail = `a message with a status bar goes to ${addressed.userids.length} userids, ${limit} are allowed`;
  return apiRefusal(41029, `接收者不能超过${limit}个人`, 'parameter', detail);
}

function checkScope(call: AppCall, addressed: Addressed): Refusal | null {
  const { directory } = call.world;
  const outside = addressed.userids.find(
    (userid) => directory.isActive(userid) && !directory.inScope(call.app, userid),
  );
  if (outside !== undefined) {
    return apiRefusal(50002, '企业员工不在授权范围', 'parameter', `${outside} is outside the app's scope`);
  }
  const department = addressed.departments.find((id) => !directory.departmentInScope(call.app, id));
  if (department === undefined) return null;
  return apiRefusal(
    50004,
    '企业部门不在授权范围',
    'parameter',
    `department ${department} is outside the app's scope`,
  );
}

interface Shares {
  readonly delivered: readonly string[];
  readonly forbidden: readonly Forbidden[];
  readonly failed: readonly string[];
  readonly left: readonly string[];
}

/** Splits the people into those who get the message and those who do not, each with the reason. */
function share(call: AppCall, people: readonly string[], content: string, broadcast: boolean): Shares {
  const { world, app, now } = call;
  const limits = world.limits.current;
  const left = world.faults.none ? null : strike(call, 'user-left');
  const failing = world.faults.none ? null : strike(call, 'user-failed');
  const shares = {
    delivered: [] as string[],
    forbidden: [] as Forbidden[],
    failed: [] as string[],
    left: [] as string[],
  };
  for (const userid of people) {
    if (left !== null && (left.spec.userid ?? userid) === userid) {
      shares.left.push(userid);
    } else if (failing !== null && (failing.spec.userid ?? userid) === userid) {
      shares.failed.push(userid);
    } else {
      const refused = world.quotas.admit(app.appKey, userid, content, broadcast, now, limits);
      if (refused === null) shares.delivered.push(userid);
      else shares.forbidden.push({ userid, ...refused });
    }
  }
  if (shares.forbidden.length > 0) {
    const [first] = shares.forbidden;
    const detail = `${shares.forbidden.length} people do not get the message, the first with code ${first?.code}`;
    note(call, 'limit', detail);
  }
  // A task is kept for long; empty lists are shared.
  return {
    delivered: shares.delivered,
    forbidden: shares.forbidden.length === 0 ? nobody : shares.forbidden,
    failed: shares.failed.length === 0 ? nobody : shares.failed,
    left: shares.left,
  };
}

function strike(call: AppCall, name: 'result-late' | 'user-left' | 'user-failed') {
  const fault = call.world.faults.strike(name, call.operation, call.app);
  if (fault !== null) call.struck.push(name);
  return fault;
}

function kindOf(addressed: Addressed): Task['kind'] {
  if (addressed.everyone) return 'everyone';
  if (addressed.departments.length === 0) return 'users';
  return addressed.userids.length === 0 ? 'departments' : 'mixed';
}

/** Two messages are the same when they are equal as JSON values: spaces and the order of fields do not matter. */
function contentHash(msg: unknown): string {
  return createHash('sha1').update(canonical(msg)).digest('base64');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}
