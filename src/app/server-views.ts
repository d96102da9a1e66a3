import type { Clock } from '../base/clock.ts';
import { nextDingtalkDay } from '../base/dingtalk-day.ts';
import type { Hold, Ledger } from '../ledger/ledger.ts';
import {
  anyNotification,
  type Backlog,
  type NotificationFilter,
  type OutboxEntry,
  type Page as LedgerPage,
} from '../ledger/views.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
import type { Notification } from '../model/notification.ts';
import type {
  DeadLetterRow,
  DeadLetterSummary,
  LedgerSummary,
  LedgerViewsPort,
  NotificationQuery,
  NotificationSummary,
  Page,
} from '../server/ports.ts';
import type { Current } from './current.ts';
import { quotasOf } from './quotas.ts';

export interface ViewParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly current: Current;
  /** Everything that is stopped, whoever or whatever stopped it. */
  readonly holds: () => Promise<readonly Hold[]>;
}

const dayMs = 86_400_000;

/** The ledger as the console and the API show it. */
export function createServerViews(parts: ViewParts): LedgerViewsPort {
  const { ledger, clock, current } = parts;
  return {
    summary: () => summaryOf(ledger, clock.now()),
    async notifications(query) {
      const found = await search(ledger, query);
      const notifications = await ledger.read((tx) => tx.notifications(found.items));
      return { items: notifications.map(shortOf), next: found.next };
    },
    async notification(id) {
      const history = await ledger.view((views) => views.history(id));
      if (history === null) return null;
      const results = history.outbox.flatMap(({ item, publishedAt }) =>
        item.kind === 'result' ? [{ result: item.result, publishedAt }] : [],
      );
      const deadLetterIds = history.outbox.flatMap(({ item }) =>
        item.kind === 'dead_letter' ? [item.deadLetter.id] : [],
      );
      return { notification: history.notification, calls: history.calls, results, deadLetterIds };
    },
    quotas: () => quotasOf(ledger, current.active.config.dingtalk.apps.values(), clock.now()),
    holds: () => parts.holds(),
    async deadLetters(query) {
      const page: LedgerPage<OutboxEntry> = await ledger.view((views) =>
        views.deadLetters({ limit: query.limit, cursor: query.cursor }),
      );
      const items = deadLettersOf(page.items).filter((each) => {
        const fits = (wanted: string | null, value: string | null): boolean =>
          wanted === null || wanted === value;
        return (
          fits(query.stage, each.stage) && fits(query.reason, each.reason) && fits(query.route, each.route)
        );
      });
      return { items: await withRedrives(ledger, items), next: page.next };
    },
    async deadLetter(id) {
      const entry = (await findEntries(ledger, new Set([id]))).get(id);
      if (entry === undefined || entry.item.kind !== 'dead_letter') return null;
      const [summary] = await withRedrives(ledger, deadLettersOf([entry]));
      return summary === undefined ? null : { summary, deadLetter: entry.item.deadLetter };
    },
  };
}

async function findEntries(
  ledger: Ledger,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, OutboxEntry>> {
  const found = new Map<string, OutboxEntry>();
  let cursor: string | null = null;
  do {
    if (found.size === ids.size) break;
    const at: string | null = cursor;
    const page: LedgerPage<OutboxEntry> = await ledger.view((views) =>
      views.deadLetters({ limit: 500, cursor: at }),
    );
    for (const entry of page.items) {
      if (entry.item.kind === 'dead_letter' && ids.has(entry.item.deadLetter.id))
        found.set(entry.item.deadLetter.id, entry);
    }
    cursor = page.next;
  } while (cursor !== null);
  return found;
}

/** Those of the dead letters that the ledger still holds, by id. */
export async function findDeadLetters(
  ledger: Ledger,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, DeadLetter>> {
  const found = new Map<string, DeadLetter>();
  for (const [id, { item }] of await findEntries(ledger, ids))
    if (item.kind === 'dead_letter') found.set(id, item.deadLetter);
  return found;
}

/** What is on its way, and what ended since the DingTalk day began. */
export async function summaryOf(ledger: Ledger, now: number): Promise<LedgerSummary> {
  const dayBegan = nextDingtalkDay(now) - dayMs;
  const overview = await ledger.view((views) => views.overview(dayBegan));
  const { oldestAt, ...counts } = backlogCounts(overview);
  return { ...counts, oldestReceivedAt: oldestAt, today: overview.ended };
}

/** A backlog over all apps; `oldestAt` (ms) is null when there is none. */
export function backlogCounts({ apps, unpublished }: Backlog) {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
  const oldest = apps
    .flatMap((app) => [app.oldestActiveReceivedAt, app.oldestDueAt])
    .filter((at) => at !== null);
  return {
    waiting: sum(apps.map((app) => app.due + app.deferred)),
    active: sum(apps.map((app) => app.active)),
    held: sum(apps.map((app) => app.calls.held)),
    unpublished,
    oldestAt: oldest.length === 0 ? null : Math.min(...oldest),
  };
}

/** One search field finds ids of every kind, people and correlations: tried in this order, the first that finds wins. */
async function search(ledger: Ledger, query: NotificationQuery): Promise<Page<string>> {
  const filter: NotificationFilter = {
    ...anyNotification,
    app: query.app,
    route: query.route,
    state: query.state,
    toldStatus: query.status,
    toldReason: query.reason,
    since: query.since,
    until: query.until,
  };
  const page = { limit: query.limit, cursor: query.cursor };
  const text = query.search;
  const filters: NotificationFilter[] =
    text === null
      ? [filter]
      : [
          { ...filter, id: text },
          { ...filter, userid: text },
          { ...filter, correlation: text },
        ];
  let last: Page<string> = { items: [], next: null };
  for (const each of filters) {
    const found = await ledger.view((views) => views.notifications(each, page));
    last = { items: found.items.map((item) => item.id), next: found.next };
    if (last.items.length > 0 || last.next !== null) return last;
  }
  return last;
}

function shortOf(notification: Notification): NotificationSummary {
  const { event } = notification;
  return {
    id: notification.id,
    route: notification.route,
    app: notification.app,
    template: notification.template,
    msgtype: notification.message?.msgtype ?? null,
    eventSource: event.source,
    eventId: event.id,
    eventType: event.type,
    state: notification.state,
    status: notification.toldStatus,
    reason: notification.toldReason,
    persons: notification.persons.length,
    receivedAt: notification.receivedAt,
    dueAt: notification.dueAt,
  };
}

function deadLetterOf({ item, createdAt }: OutboxEntry): DeadLetterSummary | null {
  if (item.kind !== 'dead_letter') return null;
  const { record, ...letter } = item.deadLetter;
  return {
    id: letter.id,
    stage: letter.stage,
    reason: letter.reason,
    message: letter.message,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    route: letter.route,
    notificationId: letter.notificationId,
    at: createdAt,
  };
}

function deadLettersOf(entries: readonly OutboxEntry[]): DeadLetterSummary[] {
  return entries.flatMap((entry) => deadLetterOf(entry) ?? []);
}

async function withRedrives(
  ledger: Ledger,
  summaries: readonly DeadLetterSummary[],
): Promise<DeadLetterRow[]> {
  const made = await ledger.view((views) => views.redrives(summaries.map(({ id }) => id)));
  return summaries.map((each) => ({ ...each, redrivenAs: made.get(each.id) ?? [] }));
}
