import { Mobile } from '../../src/base/sensitive.ts';
import type { Call } from '../../src/model/call.ts';
import type { Event } from '../../src/model/event.ts';
import type { Notification } from '../../src/model/notification.ts';
import type { Audience, NotificationPolicies, PlannedNotification } from '../../src/model/plan.ts';
import type { RawRecord } from '../../src/model/record.ts';
import { newNotification, type Origin } from '../../src/ledger/lifecycle/admit.ts';
import { planDeliveries, type PartSizes } from '../../src/ledger/lifecycle/deliveries.ts';

/** An instant in the middle of a DingTalk day: 2026-03-02 14:00 in Shanghai. */
export const noon = Date.UTC(2026, 2, 2, 6, 0, 0);

export const partSizes: PartSizes = {
  users: 100,
  departments: 20,
  people: 5000,
  departmentSize: () => 50,
  companySize: 1000,
};

export function aRecord(overrides: Partial<RawRecord> = {}): RawRecord {
  return {
    topic: 'shop.orders',
    partition: 0,
    offset: 7n,
    timestamp: noon,
    key: Buffer.from('order-1'),
    value: Buffer.from('{}'),
    headers: [],
    ...overrides,
  };
}

export function anEvent(id = 'e-1', data: unknown = {}): Event {
  return {
    data,
    meta: {
      source: '/shop',
      id,
      type: 'shop.OrderRefundRequested',
      subject: null,
      time: new Date(noon),
      topic: 'shop.orders',
      partition: 0,
      offset: 7n,
      key: 'order-1',
      headers: {},
      traceparent: null,
    },
  };
}

export function somePolicies(overrides: Partial<NotificationPolicies> = {}): NotificationPolicies {
  return {
    dedupe: null,
    throttle: null,
    digest: null,
    quiet: null,
    expiresAt: null,
    overLimit: 'drop',
    onUnknown: 'resend',
    track: 'delivered',
    priority: 'normal',
    correlation: null,
    mergeable: true,
    ...overrides,
  };
}

export function anAudience(overrides: Partial<Audience> = {}): Audience {
  return { userids: [], mobiles: [], deptIds: [], everyone: false, ...overrides };
}

export function mobile(text: string): Mobile {
  return new Mobile(text);
}

export function aPlanned(
  overrides: Partial<Omit<PlannedNotification, 'audience' | 'policies'>> & {
    audience?: Partial<Audience>;
    policies?: Partial<NotificationPolicies>;
    text?: string;
  } = {},
): PlannedNotification {
  const { audience, policies, text, ...rest } = overrides;
  const body = JSON.stringify({ msgtype: 'text', text: { content: text ?? 'hello' } });
  return {
    route: 'refund',
    item: 0,
    template: 'refund',
    app: 'default',
    agentId: 4417001,
    people: 1,
    maxRecipients: 1000,
    message: { msgtype: 'text', body, bytes: Buffer.byteLength(body), statusBar: false },
    failure: null,
    digestItem: null,
    ...rest,
    audience: anAudience(audience ?? { userids: ['u1'] }),
    policies: somePolicies(policies),
  };
}

export function anOrigin(event: Event = anEvent(), record: RawRecord = aRecord()): Origin {
  const { headers: _headers, subject: _subject, traceparent, time, ...reference } = event.meta;
  return {
    event: { ...reference, time: time === null ? null : time.getTime() },
    record,
    traceparent,
    receivedAt: noon,
    configHash: 'c0ffee',
    redrive: null,
  };
}

export function aNotification(overrides: Parameters<typeof aPlanned>[0] = {}, id = 'e-1'): Notification {
  return newNotification(aPlanned(overrides), anOrigin(anEvent(id)), noon);
}

/** A notification cut into calls that are under way. */
export function onItsWay(
  overrides: Parameters<typeof aPlanned>[0] = {},
  id = 'e-1',
): { notification: Notification; calls: Call[] } {
  const waiting = aNotification(overrides, id);
  const parts = planDeliveries(waiting, waiting.message?.body ?? '', partSizes, noon);
  return {
    notification: parts.notification,
    calls: parts.calls.map((call) => ({
      ...call,
      state: 'sending',
      attempts: 1,
      day: '2026-03-02',
      claimedDay: '2026-03-02',
    })),
  };
}

export function only<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined || list.length !== 1) throw new Error(`expected exactly one, got ${list.length}`);
  return first;
}
