import { Mobile } from '../../../src/base/sensitive.ts';
import type { Call } from '../../../src/model/call.ts';
import { noSignals, type Notification } from '../../../src/model/notification.ts';
import type { Result } from '../../../src/model/result.ts';
import type { Explanation } from '../../../src/rules/explanation.ts';
import type {
  ConfigFault,
  DeadLetterRow,
  NotificationDetail,
  NotificationSummary,
  QuotaView,
  ReplayReport,
} from '../../../src/server/ports.ts';

/** Number that must never leave the server in clear. */
export const canaryMobile = '13800001201';

export const start = Date.UTC(2026, 2, 2, 4);

export const configFault: ConfigFault = {
  file: 'config/routes/refunds.yaml',
  line: 14,
  col: 11,
  severity: 'error',
  code: 'expression_unknown',
  message: 'there is no field "amont_cents" in data of shop.OrderRefundRequested',
  remedy: 'did you mean "amount_cents"?',
};

export const sampleEvent = {
  data: {
    order_id: 'A-20260302-77',
    amount_cents: 128_800,
    currency: 'CNY',
    owner_mobile: canaryMobile,
    applicant: { name: '李雷' },
  },
  meta: { topic: 'shop.orders', type: 'shop.OrderRefundRequested' },
};

const body = JSON.stringify({
  msgtype: 'action_card',
  action_card: {
    title: '退款待审批',
    markdown: `### 订单 A-20260302-77 退款\n金额 **¥1,288.00**，申请人 李雷（${canaryMobile}）\n\n> 请在 **18:00** 前处理\n\n- 商品：羊毛围巾\n- 原因：[尺寸不符](https://shop.example.com/r/77)`,
    single_title: '去审批',
    single_url: 'https://ops.example.com/refunds/A-20260302-77',
  },
});
export const message = {
  msgtype: 'action_card',
  body,
  bytes: Buffer.byteLength(body),
  statusBar: false,
} as const;

const policies: Notification['policies'] = {
  dedupe: { key: 'A-20260302-77', windowMs: 86_400_000 },
  throttle: null,
  digest: null,
  quiet: null,
  expiresAt: start + 21_600_000,
  overLimit: 'drop',
  onUnknown: 'resend',
  track: 'delivered',
  priority: 'normal',
  correlation: 'A-20260302-77',
  mergeable: true,
};

export const explanation: Explanation = {
  event: {
    source: 'shop.orders',
    id: '0/77',
    type: 'shop.OrderRefundRequested',
    topic: `shop.${canaryMobile}`,
  },
  configHash: 'c0ffee01',
  routes: [
    {
      route: 'refund-needs-approval',
      verdict: 'matched',
      checks: [
        { clause: 'on', ok: true, detail: 'shop.orders', values: [] },
        { clause: 'type', ok: true, detail: 'shop.OrderRefundRequested', values: [] },
        { clause: 'when', ok: true, detail: 'data.amount_cents >= 100000 gave true', values: [] },
      ],
      notifications: [
        {
          item: 0,
          app: 'default',
          template: 'refund-approval',
          audience: {
            userids: ['manager0101', 'finance0007'],
            mobiles: [new Mobile(canaryMobile)],
            deptIds: [4417023],
            everyone: false,
          },
          people: 15,
          message,
          failure: null,
          policies,
          cost: { calls: 2, recipients: 15, broadcasts: 0 },
          origins: [{ kind: 'userid', value: canaryMobile, from: 'to.userids[0]' }],
          outcome: `sent now, unless ${canaryMobile} was told`,
        },
      ],
    },
    {
      route: 'vip-refund',
      verdict: 'not_matched',
      checks: [
        { clause: 'on', ok: true, detail: 'shop.orders', values: [] },
        {
          clause: 'when',
          ok: false,
          detail: 'data.customer.tier == "vip" gave false',
          values: [{ expression: `data.customer.mobile != "${canaryMobile}"`, value: canaryMobile }],
        },
      ],
      notifications: [],
    },
    {
      route: 'stock-low',
      verdict: 'disabled',
      checks: [],
      notifications: [],
    },
    {
      route: 'refund-digest',
      verdict: 'failed',
      checks: [{ clause: 'to', ok: false, detail: `data.team.${canaryMobile} is no field`, values: [] }],
      notifications: [],
    },
  ],
  signals: [
    {
      kind: 'recall',
      route: 'refund-needs-approval',
      correlation: 'A-20260302-77',
      statusValue: canaryMobile,
      statusBg: null,
    },
  ],
};

const kinds = [
  { status: 'delivered', reason: null, person: 'read', code: null },
  { status: 'partial', reason: null, person: 'forbidden', code: '143106' },
  { status: 'accepted', reason: null, person: 'pending', code: null },
  { status: 'suppressed', reason: 'throttled', person: 'suppressed', code: null },
  { status: 'failed', reason: 'invalid_recipients', person: 'invalid', code: null },
  { status: 'unknown', reason: 'no_answer', person: 'pending', code: null },
] as const;

const replayTotals = {
  ...{ notifications: 1, sent: 1, deferred: 0, digested: 0, suppressed: { throttled: 1 }, failed: {} },
  ...{
    recalls: 0,
    updates: 0,
    deadLetters: {},
    duplicates: 0,
    people: 2,
    recipients: 2,
    broadcasts: 0,
    calls: 1,
  },
};
const replayed = {
  ...{ fate: `failed: ${canaryMobile}`, template: 't', app: 'default', people: 2, broadcast: false },
  ...{ members: null, message: body },
};

export const replayReport: ReplayReport = {
  beforeHash: 'a',
  afterHash: 'b',
  faults: [configFault],
  differences: [
    {
      difference: {
        subject: 'notification',
        change: 'changed',
        event: {
          ...{ source: canaryMobile, id: canaryMobile, type: 'T', time: start, topic: 'shop.orders' },
          ...{ partition: 0, offset: 1n, key: null },
        },
        route: 'refund-approval',
        item: 0,
        key: canaryMobile,
        before: replayed,
        after: null,
        changes: [{ path: 'message.text', before: canaryMobile, after: null }],
      },
      why: `when: ${canaryMobile} is false`,
    },
  ],
  leftOut: 0,
  summary: {
    records: 1,
    before: replayTotals,
    after: replayTotals,
    routes: [
      {
        route: 'refund-approval',
        before: { notifications: 1, sent: 1, recipients: 2 },
        after: { notifications: 1, sent: 1, recipients: 2 },
        ...{ added: 0, gone: 0, changed: 1 },
      },
    ],
    differences: { added: 0, gone: 0, changed: 1 },
    estimate: false,
  },
};

export function detail(index: number): NotificationDetail {
  const kind = kinds[index % kinds.length] ?? kinds[0];
  const id = `ntf_${String(index).padStart(6, '0').replaceAll('1', 'b').replaceAll('0', 'a')}`;
  const receivedAt = start - index * 37_000;
  const final = kind.status !== 'accepted' && kind.status !== 'unknown';
  const sent = kind.status !== 'suppressed';
  const delivery = {
    id: `dlv_${id.slice(4)}_1`,
    part: 1,
    kind: 'users',
    deptIds: [],
    state: final ? 'settled' : kind.status === 'unknown' ? 'unknown' : 'accepted',
    status: kind.status,
    reason: null,
    attempts: 1,
    taskId: sent && kind.status !== 'unknown' ? String(256_271_667_526 + index) : null,
    acceptedAt: sent ? receivedAt + 640 : null,
  } as const;
  const notification: Notification = {
    id,
    route: index % 4 === 3 ? 'stock-low' : 'refund-needs-approval',
    item: 0,
    template: 'refund-approval',
    app: 'default',
    agentId: 3_900_000_001,
    configHash: 'c0ffee01',
    event: {
      source: 'shop.orders',
      id: `order-${1000 + index}`,
      type: 'shop.OrderRefundRequested',
      time: receivedAt - 1_200,
      topic: 'shop.orders',
      partition: 0,
      offset: 77n + BigInt(index),
      key: canaryMobile,
    },
    recordKey: null,
    traceparent: null,
    receivedAt,
    audience: {
      userids: ['manager0101', 'finance0007'],
      mobiles: [new Mobile(canaryMobile)],
      deptIds: [],
      everyone: false,
    },
    message,
    contentHash: 'ab'.repeat(32),
    policies,
    state: final ? 'final' : 'active',
    dueAt: receivedAt,
    persons: [
      person('manager0101', null, sent ? 'read' : kind.person, null),
      person('finance0007', null, kind.person, kind.code),
      person(null, canaryMobile, sent ? 'unread' : kind.person, null),
    ],
    resending: false,
    deliveries: sent ? [delivery] : [],
    invalidDeptIds: [],
    signals: noSignals,
    seq: final && sent ? 2 : 1,
    toldStatus: kind.status,
    toldReason: kind.reason,
    finalStatus: final ? kind.status : null,
    finalReason: final ? kind.reason : null,
    related: null,
    digestSize: null,
    error:
      kind.status === 'failed'
        ? { code: '33012', message: `invalid userid for ${canaryMobile}`, class: 'permanent_recipient' }
        : null,
  };
  const results: NotificationDetail['results'][number][] = [];
  if (sent && kind.status !== 'unknown') {
    results.push({
      result: resultOf(notification, 1, 'accepted', receivedAt + 700),
      publishedAt: receivedAt + 760,
    });
  }
  if (kind.status !== 'accepted') {
    results.push({
      result: resultOf(notification, results.length + 1, kind.status, receivedAt + 9_000),
      publishedAt: null,
    });
  }
  return { notification, calls: sent ? [callOf(notification)] : [], results, deadLetterIds: [] };
}

function person(
  userid: string | null,
  mobile: string | null,
  status: Notification['persons'][number]['status'],
  code: string | null,
): Notification['persons'][number] {
  return {
    userid,
    mobile: mobile === null ? null : new Mobile(mobile),
    status,
    code,
    reason: code === '143106' ? 'same_content_today' : null,
    part: 1,
    failedRetries: 0,
    rateRetries: 0,
  };
}

function callOf(notification: Notification): Call {
  const delivery = notification.deliveries[0];
  return {
    id: `call_${notification.id.slice(4)}`,
    app: notification.app,
    kind: 'users',
    members: [{ notificationId: notification.id, part: 1, userids: ['manager0101', 'finance0007'] }],
    deptIds: [],
    body,
    contentHash: 'ab'.repeat(32),
    priority: 'normal',
    mergeable: true,
    people: 3,
    state: delivery?.state === 'unknown' ? 'held' : notification.state === 'final' ? 'closed' : 'accepted',
    nextAt: notification.receivedAt + 60_000,
    attempts: 1,
    refusals: 0,
    busyRounds: 0,
    crashes: 0,
    unknownRounds: delivery?.state === 'unknown' ? 3 : 0,
    day: '2026-03-02',
    claimedDay: '2026-03-02',
    taskId: delivery?.taskId ?? null,
    acceptedAt: delivery?.acceptedAt ?? null,
    checks: 2,
    progressDone: true,
  };
}

function resultOf(one: Notification, seq: number, status: Result['status'], occurredAt: number): Result {
  const final = !['accepted', 'unknown', 'deferred'].includes(status);
  return {
    resultId: `res_${one.id.slice(4)}_${seq}`,
    seq,
    status,
    final,
    amendment: false,
    reason: final ? one.finalReason : status === 'unknown' ? 'no_answer' : null,
    related: null,
    error: final ? one.error : null,
    notificationId: one.id,
    route: one.route,
    template: one.template,
    app: one.app,
    agentId: one.agentId,
    configHash: one.configHash,
    msgtype: 'action_card',
    event: one.event,
    audience: { kind: 'users', deptIdList: [] },
    deliveries: [],
    recipients: [],
    counts: {
      read: final ? 1 : 0,
      unread: final ? 1 : 0,
      arrived: 0,
      pending: final ? 0 : 3,
      invalid: 0,
      forbidden: final ? 1 : 0,
      failed: 0,
      unresolved: 0,
      suppressed: 0,
    },
    invalidDeptIds: [],
    deferredUntil: null,
    digestSize: null,
    eventTime: one.event.time,
    receivedAt: one.receivedAt,
    occurredAt,
    traceparent: null,
  };
}

export function summaryOf({ notification: one, results }: NotificationDetail): NotificationSummary {
  const last = results.at(-1)?.result;
  return {
    id: one.id,
    route: one.route,
    app: one.app,
    template: one.template,
    msgtype: one.message?.msgtype ?? null,
    eventSource: one.event.source,
    eventId: one.event.id,
    eventType: one.event.type,
    state: one.state,
    status: last?.status ?? null,
    reason: last?.reason ?? null,
    persons: one.persons.length,
    receivedAt: one.receivedAt,
    dueAt: one.dueAt,
  };
}

export function deadLetter(index: number): DeadLetterRow {
  const stage = (['decode', 'render', 'deliver'] as const)[index % 3] ?? 'decode';
  return {
    id: `dl_${'abc'.charAt(index)}`,
    stage,
    reason: { decode: 'schema_not_found', render: 'template_error', deliver: 'rejected' }[stage],
    message: `the value of ${canaryMobile} could not be used`,
    topic: 'shop.orders',
    partition: 0,
    offset: 41n + BigInt(index),
    route: stage === 'decode' ? null : 'refund-needs-approval',
    notificationId: stage === 'deliver' ? 'ntf_aaaaaa' : null,
    at: start - index * 600_000,
    // The first was redriven.
    redrivenAs: index === 0 ? ['ntf_redriven'] : [],
  };
}

export function quotas(): QuotaView[] {
  const midnight = start + 12 * 3_600_000;
  return [
    { app: 'default', name: 'broadcasts_per_day', used: 2, limit: 3, warnAt: 0.8, resetsAt: midnight },
    { app: 'default', name: 'calls_per_month', used: 4_410, limit: 5_000, warnAt: 0.8, resetsAt: midnight },
    { app: 'default', name: 'recipients_per_minute', used: 310, limit: 5_000, warnAt: 0.8, resetsAt: null },
    { app: 'default', name: 'calls_per_second', used: 3, limit: null, warnAt: 0.8, resetsAt: null },
  ];
}
