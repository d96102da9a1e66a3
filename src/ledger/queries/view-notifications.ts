import { decodeProgress } from '../codec/notification.ts';
import type { SqlParam } from '../engine.ts';
import type { NotificationState } from '../../model/notification.ts';
import type { RecipientStatus, ResultStatus } from '../../model/result.ts';
import type { Scope } from '../scope.ts';
import type { NotificationFilter, NotificationSummary, Page, PageRequest } from '../views.ts';
import { indexText } from './index-text.ts';

/** Rows that one statement looks through; between two the process does other things. */
const stretch = 20_000;
/** Rows that one page looks through at most. */
const pageStretches = 25;
const longestPage = 500;

interface Row {
  readonly pk: number;
  readonly id: string;
  readonly route: string;
  readonly app: string;
  readonly event_id: string;
  readonly state: NotificationState;
  readonly received_at: number;
  readonly due_at: number;
  readonly ended_at: number | null;
  readonly final_status: ResultStatus | null;
  readonly progress: string;
}

/** Walks down the keys, newest first, a stretch at a time, so that no statement keeps the process for long. */
export async function listNotifications(
  scope: Scope,
  filter: NotificationFilter,
  page: PageRequest,
): Promise<Page<NotificationSummary>> {
  const limit = Math.min(Math.max(1, page.limit), longestPage);
  const { conditions, parameters } = await conditionsOf(scope, filter);
  const sql = `SELECT n.pk, n.id, n.route, n.app, n.event_id, n.state, n.received_at, n.due_at, n.ended_at,
      n.final_status, n.progress
    FROM notifications n WHERE n.pk < ?1 AND n.pk >= ?2${conditions.map((each) => ` AND ${each}`).join('')}
    ORDER BY n.pk DESC LIMIT ?3`;
  const items: NotificationSummary[] = [];
  let below = page.cursor === null ? (await highest(scope)) + 1 : cursorOf(page.cursor);
  for (let walked = 0; walked < pageStretches && below > 1; walked++) {
    const from = Math.max(1, below - stretch);
    const rows = await scope.session.all<Row>(sql, [below, from, limit - items.length, ...parameters]);
    items.push(...rows.map(summary));
    const last = rows.at(-1);
    if (items.length >= limit && last !== undefined)
      return { items, next: last.pk > 1 ? String(last.pk) : null };
    below = from;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { items, next: below > 1 ? String(below) : null };
}

export function cursorOf(cursor: string): number {
  const pk = Number(cursor);
  return Number.isSafeInteger(pk) && pk > 0 ? pk : 1;
}

async function highest({ session }: Scope): Promise<number> {
  const [row] = await session.all<{ pk: number | null }>('SELECT max(pk) AS pk FROM notifications');
  return row?.pk ?? 0;
}

async function conditionsOf(
  scope: Scope,
  filter: NotificationFilter,
): Promise<{ conditions: string[]; parameters: SqlParam[] }> {
  const conditions: string[] = [];
  const parameters: SqlParam[] = [];
  // The first three parameters are the stretch and the page.
  const add = (condition: string, parameter: SqlParam): void => {
    parameters.push(parameter);
    conditions.push(condition.replaceAll('?', `?${parameters.length + 3}`));
  };
  if (filter.app !== null) add('n.app = ?', filter.app);
  if (filter.route !== null) add('n.route = ?', filter.route);
  if (filter.state !== null) add('n.state = ?', filter.state);
  if (filter.status !== null) add('n.final_status = ?', filter.status);
  if (filter.since !== null) add('n.received_at >= ?', filter.since);
  if (filter.until !== null) add('n.received_at < ?', filter.until);
  if (filter.correlation !== null) add('n.correlation = ?', indexText(filter.correlation));
  if (filter.userid !== null) add(`n.progress LIKE ? ESCAPE '~'`, jsonMember('userid', filter.userid));
  const addTold = (told: string, end: string, value: string): void => {
    parameters.push(jsonMember(told, value), jsonMember(end, value));
    const [last, ended] = [1, 0].map((index) => `?${parameters.length + 3 - index}`);
    // Rows of earlier versions do not say what was told last: their end stands for it, as the codec reads them.
    conditions.push(`(n.progress LIKE ${last} ESCAPE '~'
      OR (n.progress NOT LIKE '%"${told}":%' AND n.progress LIKE ${ended} ESCAPE '~'))`);
  };
  if (filter.toldStatus !== null) addTold('toldStatus', 'finalStatus', filter.toldStatus);
  if (filter.toldReason !== null) addTold('toldReason', 'finalReason', filter.toldReason);
  if (filter.id !== null) {
    const carried = await carriedBy(scope, filter.id);
    parameters.push(filter.id, jsonMember('id', filter.id), carried);
    const [id, delivery, call] = [1, 2, 3].map((index) => `?${parameters.length + index}`);
    conditions.push(
      `(n.id = ${id} OR n.event_id = ${id} OR n.progress LIKE ${delivery} ESCAPE '~' OR n.pk IN ints(${call}))`,
    );
  }
  return { conditions, parameters };
}

/** A pattern for one member of an object in the progress, as the codec writes it. */
function jsonMember(name: string, value: string): string {
  const literal = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return `%${literal.replace(/[~%_]/g, (char) => `~${char}`)}%`;
}

/** The notifications that travelled in the call with this id or DingTalk task. */
async function carriedBy({ session }: Scope, id: string): Promise<number[]> {
  const rows = await session.all<{ pk: number }>(
    `SELECT m.notification_pk AS pk FROM calls c JOIN call_members m ON m.call_pk = c.pk
     WHERE c.id = ?1 OR c.task_id = ?1`,
    [id],
  );
  return rows.map((row) => row.pk);
}

function summary(row: Row): NotificationSummary {
  const progress = decodeProgress(row.progress);
  const recipients: Partial<Record<RecipientStatus, number>> = {};
  for (const { status } of progress.persons) recipients[status] = (recipients[status] ?? 0) + 1;
  return {
    id: row.id,
    route: row.route,
    app: row.app,
    eventId: row.event_id,
    state: row.state,
    receivedAt: row.received_at,
    dueAt: row.due_at,
    endedAt: row.ended_at,
    finalStatus: row.final_status,
    finalReason: progress.finalReason,
    related: progress.related,
    deliveries: progress.deliveries.length,
    recipients,
  };
}
