import { readAt } from './api/outcome.ts';
import type { InboxEntry, Task } from './task.ts';
import type { World } from './world.ts';

/** One message as one person has it now. */
export function inboxEntry(task: Task, userid: string, world: World, now: number): InboxEntry {
  const app = world.directory.appByKey(task.appKey);
  return {
    userid,
    taskId: task.id,
    app: app?.name ?? task.appKey,
    appTitle: app?.title ?? task.appKey,
    agentId: task.agentId,
    msgtype: task.msgtype,
    msg: JSON.parse(task.msg) as unknown,
    at: task.at,
    readAt: readAt(task, userid, world, now),
    recalledAt: task.recalledAt,
    statusBar:
      task.statusBar === null ? null : { value: task.statusBar.value, background: task.statusBar.background },
  };
}
