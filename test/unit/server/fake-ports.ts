import type { Hold } from '../../../src/ledger/ledger.ts';
import type {
  AuditEntry,
  ComponentHealth,
  DeadLetterRow,
  NotificationDetail,
  OperationOutcome,
  QuotaView,
  RateSample,
  ReloadReport,
  ServerPorts,
} from '../../../src/server/ports.ts';
import {
  canaryMobile,
  configFault,
  deadLetter,
  detail,
  explanation,
  message,
  quotas,
  replayReport,
  sampleEvent,
  start,
  summaryOf,
} from './fake-data.ts';

/** A program behind the ports that remembers what it was asked, with data that a test may change. */
export interface FakeProgram {
  ports: ServerPorts;
  readonly asked: { readonly what: string; readonly args: readonly unknown[] }[];
  readonly audit: AuditEntry[];
  ready: readonly ComponentHealth[];
  live: readonly ComponentHealth[];
  holds: Hold[];
  notifications: NotificationDetail[];
  deadLetters: DeadLetterRow[];
  quotas: QuotaView[];
  nextReload: ReloadReport;
  lastReload: ReloadReport | null;
  rates: RateSample[];
}

export function fakeProgram(count = 3): FakeProgram {
  const asked: FakeProgram['asked'] = [];
  const audit: AuditEntry[] = [];
  const ask = (what: string, ...args: readonly unknown[]): void => {
    asked.push({ what, args });
  };
  const done = (id: string, outcome: string, created: readonly string[] = []): OperationOutcome => ({
    id,
    ok: true,
    outcome,
    message: null,
    created,
  });

  const program: FakeProgram = {
    asked,
    audit,
    ready: [
      { component: 'kafka', ok: true, reason: null },
      { component: 'ledger', ok: true, reason: null },
      { component: 'registry', ok: true, reason: null },
    ],
    live: [],
    holds: [],
    notifications: Array.from({ length: count }, (_, index) => detail(index)),
    deadLetters: Array.from({ length: Math.min(count, 3) }, (_, index) => deadLetter(index)),
    quotas: quotas(),
    nextReload: { at: start, ok: true, hash: 'c0ffee01', faults: [], needsRestart: [] },
    lastReload: null,
    rates: [],
    ports: {
      health: {
        live: () => program.live,
        ready: () => Promise.resolve(program.ready),
      },
      metrics: {
        text: () => Promise.resolve('# HELP dingbus_ready 1\n'),
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        recent: () => program.rates,
      },
      partitions: () => [
        {
          topic: 'shop.orders',
          partition: 0,
          position: 120n,
          high: 132n,
          lag: 12n,
          paused: false,
          failures: 0,
        },
        {
          topic: 'shop.orders',
          partition: 1,
          position: 80n,
          high: null,
          lag: null,
          paused: false,
          failures: 0,
        },
      ],
      views: {
        summary: () =>
          Promise.resolve({
            waiting: 4,
            active: 9,
            held: 1,
            oldestReceivedAt: start - 95_000,
            unpublished: 2,
            today: { delivered: 812, partial: 14, failed: 9, suppressed: 61, unverified: 3 },
          }),
        notifications: (query) => {
          ask('notifications', query);
          const from = query.cursor === null ? 0 : Number(query.cursor);
          const found = program.notifications
            .map(summaryOf)
            .filter(
              (one) =>
                (query.search === null || one.id === query.search || one.eventId === query.search) &&
                (query.status === null || one.status === query.status) &&
                (query.route === null || one.route === query.route),
            );
          const items = found.slice(from, from + query.limit);
          const next = from + query.limit < found.length ? String(from + query.limit) : null;
          return Promise.resolve({ items, next });
        },
        notification: (id) =>
          Promise.resolve(program.notifications.find((one) => one.notification.id === id) ?? null),
        quotas: () => Promise.resolve(program.quotas),
        holds: () => Promise.resolve(program.holds),
        deadLetters: (query) => {
          ask('deadLetters', query);
          return Promise.resolve({ items: program.deadLetters, next: null });
        },
        deadLetter: (id) => {
          const summary = program.deadLetters.find((one) => one.id === id);
          if (summary === undefined) return Promise.resolve(null);
          return Promise.resolve({
            summary,
            deadLetter: {
              id,
              stage: summary.stage,
              reason: summary.reason,
              message: summary.message,
              exceptionClass: 'UndecodableError',
              route: summary.route,
              notificationId: summary.notificationId,
              record: {
                topic: summary.topic,
                partition: summary.partition,
                offset: summary.offset,
                timestamp: start,
                key: Buffer.from(canaryMobile),
                value: Buffer.from(JSON.stringify({ order_id: 'A-1', owner_mobile: canaryMobile })),
                headers: [
                  { key: 'ce_type', value: Buffer.from('shop.OrderRefundRequested') },
                  { key: 'x-empty', value: null },
                ],
              },
            },
          });
        },
      },
      configuration: {
        current: () => ({
          hash: 'c0ffee01',
          path: 'config/dingbus.yaml',
          loadedAt: start - 3_600_000,
          topics: ['shop.orders', 'shop.stock'],
          routes: [
            {
              name: 'refund-needs-approval',
              description: '大额退款须人工审批',
              on: ['shop.orders'],
              type: ['shop.OrderRefundRequested'],
              when: 'data.amount_cents >= 100000',
              app: 'default',
              template: 'refund-approval',
              enabled: true,
              file: 'config/routes/refunds.yaml',
              line: 3,
            },
            {
              name: 'stock-low',
              description: null,
              on: ['shop.stock'],
              type: null,
              when: null,
              app: 'default',
              template: 'stock-low',
              enabled: false,
              file: 'config/routes/stock.yaml',
              line: 3,
            },
          ],
          templates: ['refund-approval', 'stock-low'],
          groups: ['finance-oncall'],
          apps: [{ name: 'default', agentId: 3_900_000_001 }],
          samples: [{ name: 'a large refund', event: sampleEvent }],
          warnings: [
            {
              ...configFault,
              severity: 'warning',
              code: 'unused_group',
              line: 8,
              message: 'no route names the group "warehouse"',
              remedy: null,
            },
          ],
        }),
        lastReload: () => program.lastReload,
        reload: () => {
          ask('reload');
          program.lastReload = program.nextReload;
          return Promise.resolve(program.nextReload);
        },
      },
      rules: {
        explain: (event) => {
          ask('explain', event);
          return Promise.resolve({ ok: true, value: explanation });
        },
        explainRecorded: (id) => {
          ask('explainRecorded', id);
          return Promise.resolve({ ok: true, value: { event: sampleEvent, explanation } });
        },
        render: (template, event) => {
          ask('render', template, event);
          return Promise.resolve(
            template === 'refund-approval'
              ? { ok: true, value: message }
              : { ok: false, message: `there is no template "${template}"` },
          );
        },
        replay: (events) => {
          ask('replay', ...events);
          return Promise.resolve({ ok: true, value: replayReport });
        },
      },
      operations: {
        pause: (subject, note, until) => {
          ask('pause', subject, note, until);
          program.holds.push({ subject, reason: 'paused', detail: note, since: start, until });
          return Promise.resolve(done(subject, 'paused'));
        },
        resume: (subject) => {
          ask('resume', subject);
          program.holds = program.holds.filter((hold) => hold.subject !== subject);
          return Promise.resolve(done(subject, 'resumed'));
        },
        recall: (ids) => {
          ask('recall', ids);
          return Promise.resolve(
            ids.map((id) =>
              id === 'ntf_unknown'
                ? { id, ok: false, outcome: 'not_found', message: 'no such notification', created: [] }
                : done(id, 'recalled'),
            ),
          );
        },
        redrive: (wanted) => {
          ask('redrive', wanted);
          return Promise.resolve(wanted.map(({ id }) => done(id, 'redriven', ['ntf_again'])));
        },
        resolve: (id, settlement) => {
          ask('resolve', id, settlement);
          return Promise.resolve(done(id, settlement));
        },
      },
      audit: {
        record: (entry) => {
          const index = audit.findIndex((known) => known.id === entry.id);
          if (index === -1) audit.push(entry);
          else audit[index] = entry;
          return Promise.resolve();
        },
        list: (_cursor, limit) => Promise.resolve({ items: audit.toReversed().slice(0, limit), next: null }),
      },
    },
  };
  return program;
}
