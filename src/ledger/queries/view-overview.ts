import { everybody } from '../entries.ts';
import type { Scope } from '../scope.ts';
import type { AppBacklog, Backlog, InstanceView, Overview, QuotaUse } from '../views.ts';
import { holds } from './holds.ts';
import { counter } from './quotas.ts';

export async function backlog(scope: Scope): Promise<Backlog> {
  const [outbox] = await scope.session.all<{ count: number; oldest: number | null }>(
    'SELECT count(*) AS count, min(created_at) AS oldest FROM outbox WHERE published_at IS NULL',
  );
  return {
    apps: await appBacklogs(scope),
    unpublished: outbox?.count ?? 0,
    oldestUnpublishedAt: outbox?.oldest ?? null,
  };
}

export async function overview(scope: Scope, endedSince: number): Promise<Overview> {
  const { session } = scope;
  const ended = await session.all<{ final_status: string; count: number }>(
    `SELECT final_status, count(*) AS count FROM notifications
     WHERE state = 'final' AND ended_at >= ?1 GROUP BY final_status ORDER BY final_status`,
    [endedSince],
  );
  const [digests] = await session.all<{ count: number }>(
    `SELECT count(*) AS count FROM digest_windows WHERE state <> 'taken'`,
  );
  return {
    ...(await backlog(scope)),
    ended: Object.fromEntries(ended.map((row) => [row.final_status, row.count])),
    openDigests: digests?.count ?? 0,
    holds: await holds(scope),
  };
}

interface WaitingRow {
  readonly app: string;
  readonly due: number;
  readonly oldest_due: number | null;
  readonly deferred: number;
  readonly next_deferred: number | null;
}

async function appBacklogs(scope: Scope): Promise<AppBacklog[]> {
  const { session } = scope;
  const waiting = await session.all<WaitingRow>(
    `SELECT app, sum(CASE WHEN due_at <= ?1 THEN 1 ELSE 0 END) AS due,
       min(CASE WHEN due_at <= ?1 THEN due_at END) AS oldest_due,
       sum(CASE WHEN due_at > ?1 THEN 1 ELSE 0 END) AS deferred,
       min(CASE WHEN due_at > ?1 THEN due_at END) AS next_deferred
     FROM notifications WHERE state = 'waiting' GROUP BY app`,
    [scope.now],
  );
  const active = await session.all<{ app: string; count: number; oldest: number | null }>(
    `SELECT app, count(*) AS count, min(received_at) AS oldest FROM notifications WHERE state = 'active' GROUP BY app`,
  );
  // One query a state, because each state has an index of its own; closed calls are many and of no interest.
  const calls = new Map<string, Map<string, number>>();
  for (const state of ['ready', 'accepted', 'held']) await countCalls(scope, calls, state, '');
  await countCalls(scope, calls, 'sending', 'owner IS NOT NULL AND ');

  const waitingOf = new Map(waiting.map((row) => [row.app, row]));
  const activeOf = new Map(active.map((row) => [row.app, row]));
  const apps = new Set([...waitingOf.keys(), ...activeOf.keys(), ...calls.keys()]);
  return [...apps].toSorted().map((app) => ({
    app,
    due: waitingOf.get(app)?.due ?? 0,
    oldestDueAt: waitingOf.get(app)?.oldest_due ?? null,
    deferred: waitingOf.get(app)?.deferred ?? 0,
    nextDeferredAt: waitingOf.get(app)?.next_deferred ?? null,
    active: activeOf.get(app)?.count ?? 0,
    oldestActiveReceivedAt: activeOf.get(app)?.oldest ?? null,
    calls: {
      ready: calls.get(app)?.get('ready') ?? 0,
      sending: calls.get(app)?.get('sending') ?? 0,
      accepted: calls.get(app)?.get('accepted') ?? 0,
      held: calls.get(app)?.get('held') ?? 0,
    },
  }));
}

async function countCalls(
  { session }: Scope,
  into: Map<string, Map<string, number>>,
  state: string,
  also: string,
): Promise<void> {
  const rows = await session.all<{ app: string; count: number }>(
    `SELECT app, count(*) AS count FROM calls WHERE ${also}state = '${state}' GROUP BY app`,
  );
  for (const { app, count } of rows) {
    const counts = into.get(app) ?? new Map<string, number>();
    into.set(app, counts.set(state, count));
  }
}

export async function quotaUse(scope: Scope, app: string, day: string, topPeople: number): Promise<QuotaUse> {
  const { session } = scope;
  const month = day.slice(0, 7);
  const [sums] = await session.all<{ people: number; messages: number }>(
    `SELECT count(*) AS people, CAST(coalesce(sum(messages), 0) AS BIGINT) AS messages FROM (
       SELECT count(*) AS messages FROM content_claims
       WHERE day = ?1 AND app = ?2 AND userid <> ?3 GROUP BY userid) AS each_person`,
    [day, app, everybody],
  );
  const top = await session.all<{ userid: string; messages: number }>(
    `SELECT userid, count(*) AS messages FROM content_claims
     WHERE day = ?1 AND app = ?2 AND userid <> ?3
     GROUP BY userid ORDER BY count(*) DESC, userid LIMIT ?4`,
    [day, app, everybody, topPeople],
  );
  return {
    app,
    day,
    broadcasts: await counter(scope, { app, scope: 'broadcasts', period: day }),
    month,
    callsThisMonth: await counter(scope, { app, scope: 'calls', period: month }),
    people: sums?.people ?? 0,
    messages: sums?.messages ?? 0,
    topPeople: top.map(({ userid, messages }) => ({ userid, messages })),
  };
}

export async function instances({ session }: Scope): Promise<readonly InstanceView[]> {
  return session.all<InstanceView>(
    `SELECT id, description, started_at AS "startedAt", heartbeat_at AS "heartbeatAt" FROM instances ORDER BY started_at`,
  );
}
