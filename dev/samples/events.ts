/** The events that `npm start` publishes: every kind of reading and every kind of ending once. */

/** How a sample is put on its topic. */
export type SampleWire =
  /** The registry's wire format, with the schema in schemas/events/<type>.avsc. */
  | { readonly kind: 'avro'; readonly type: string; readonly value: unknown }
  /** CloudEvents binary mode: attributes in headers, JSON body. */
  | {
      readonly kind: 'cloudevents-binary';
      readonly type: string;
      readonly source: string;
      readonly value: unknown;
    }
  /** CloudEvents structured mode: one JSON document. */
  | {
      readonly kind: 'cloudevents-structured';
      readonly type: string;
      readonly source: string;
      readonly value: unknown;
    }
  | { readonly kind: 'json'; readonly value: unknown }
  /** Bytes that nobody can read. */
  | { readonly kind: 'bytes'; readonly value: string };

export interface SampleEvent {
  /** What it shows, in a few words. */
  readonly title: string;
  readonly topic: string;
  /** Record key, and the event's id where the wire carries one. */
  readonly key: string;
  readonly wire: SampleWire;
  /** Notifications that must follow from it. */
  readonly notifications: number;
  readonly deadLetters: number;
}

const refund = (order: string, cents: number): unknown => ({
  order_id: order,
  amount_cents: cents,
  currency: 'CNY',
  reason: '商品破损',
  applicant: { name: '冯燕' },
  owner_mobile: '13800001101',
  requested_at: Date.parse('2026-03-02T09:30:00+08:00'),
});

const announcement = (slug: string, title: string): SampleEvent => ({
  title: 'announcement to everyone',
  topic: 'hr.announcements',
  key: slug,
  wire: {
    kind: 'cloudevents-structured',
    type: 'hr.AnnouncementPublished',
    source: '/hr/news',
    value: { slug, title, summary: '详情请见内网公告。' },
  },
  notifications: 1,
  deadLetters: 0,
});

const leaveRequest: SampleEvent = {
  title: 'leave request',
  topic: 'hr.leave',
  key: 'LV-7001',
  wire: {
    kind: 'cloudevents-binary',
    type: 'hr.LeaveRequested',
    source: '/hr/leave',
    value: {
      request_id: 'LV-7001',
      manager_userid: 'qinlan',
      applicant: { name: '孔凡' },
      kind: '年假',
      from: '2026-04-01',
      to: '2026-04-03',
      days: 3,
      note: '回老家探亲，工作已交接给张伟。',
    },
  },
  notifications: 1,
  deadLetters: 0,
};

export const sampleEvents: readonly SampleEvent[] = [
  {
    title: 'refund of 1,280 yuan',
    topic: 'shop.orders',
    key: 'SO-20260302-0001',
    wire: { kind: 'avro', type: 'shop.OrderRefundRequested', value: refund('SO-20260302-0001', 128_000) },
    notifications: 1,
    deadLetters: 0,
  },
  {
    title: 'refund of 99 yuan: matches nothing',
    topic: 'shop.orders',
    key: 'SO-20260302-0002',
    wire: { kind: 'avro', type: 'shop.OrderRefundRequested', value: refund('SO-20260302-0002', 9_900) },
    notifications: 0,
    deadLetters: 0,
  },
  {
    title: 'shortage, to a number that nobody has',
    topic: 'shop.orders',
    key: 'A-7',
    wire: {
      kind: 'avro',
      type: 'shop.StockShort',
      value: { sku: 'A-7', product: '保温杯', missing: 12, keeper_mobile: '13800001999' },
    },
    notifications: 1,
    deadLetters: 0,
  },
  leaveRequest,
  { ...leaveRequest, title: 'the same leave request again: a duplicate', notifications: 0 },
  {
    title: 'critical incident',
    topic: 'ops.incidents',
    key: 'checkout',
    wire: {
      kind: 'json',
      value: {
        incident_id: 'INC-3001',
        status: 'open',
        severity: 'critical',
        service: 'checkout',
        summary: '支付失败率 30%',
        at: '2026-03-02T03:12:00+08:00',
      },
    },
    notifications: 1,
    deadLetters: 0,
  },
  {
    title: 'poison: not JSON at all',
    topic: 'ops.incidents',
    key: 'checkout',
    wire: { kind: 'bytes', value: '{"incident_id": "INC-3002", ' },
    notifications: 0,
    deadLetters: 1,
  },
  announcement('spring-games', '春季运动会报名开始'),
  announcement('health-check', '年度体检安排'),
  announcement('new-office', '新办公区启用通知'),
  announcement('one-too-many', '第四条全员公告'),
];
