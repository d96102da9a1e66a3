import fc from 'fast-check';
import type { RecipientStatus, Result, ResultStatus } from '../../src/model/result.ts';
import { noon } from './builders.ts';

export const resultStatuses = [
  'accepted',
  'deferred',
  'unknown',
  'delivered',
  'partial',
  'failed',
  'suppressed',
  'unverified',
  'read',
  'recalled',
  'settled',
] as const satisfies readonly ResultStatus[];

export const recipientStatuses = [
  'read',
  'unread',
  'arrived',
  'pending',
  'invalid',
  'forbidden',
  'failed',
  'unresolved',
  'suppressed',
] as const satisfies readonly RecipientStatus[];

/** One result that has everything a result can have. */
export function aResult(overrides: Partial<Result> = {}): Result {
  return {
    resultId: 'ntf_1-2',
    seq: 2,
    status: 'partial',
    final: true,
    amendment: false,
    reason: 'forbidden',
    related: 'ntf_0',
    error: { code: '143106', message: 'duplicate content', class: 'permanent_for_recipient' },
    notificationId: 'ntf_1',
    route: 'refund-needs-approval',
    template: 'refund-approval',
    app: 'default',
    agentId: 1_600_000_001,
    configHash: 'ab12',
    msgtype: 'action_card',
    event: {
      source: '/shop',
      id: 'e-1',
      type: 'shop.OrderRefundRequested',
      time: noon,
      topic: 'shop.orders',
      partition: 1,
      offset: 2n ** 53n + 1n,
      key: '订单-1',
    },
    audience: { kind: 'mixed', deptIdList: [4_417_023] },
    deliveries: [
      {
        deliveryId: 'dlv_1',
        part: 0,
        taskId: '256271667526',
        status: 'partial',
        attempts: 1,
        acceptedAt: noon,
      },
      { deliveryId: 'dlv_2', part: 1, taskId: null, status: 'unknown', attempts: 3, acceptedAt: null },
    ],
    recipients: [
      { userid: 'manager01', mobile: '138******01', status: 'read', code: null, reason: null },
      {
        userid: null,
        mobile: '138******02',
        status: 'unresolved',
        code: '60121',
        reason: 'unresolved_recipients',
      },
    ],
    counts: { ...noCounts, read: 1, unresolved: 1 },
    invalidDeptIds: [99],
    deferredUntil: noon + 1,
    digestSize: 3,
    eventTime: noon,
    receivedAt: noon + 5,
    occurredAt: noon + 7,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ...overrides,
  };
}

const noCounts = Object.fromEntries(recipientStatuses.map((status) => [status, 0])) as Result['counts'];

/** The same with everything absent that may be. */
export function aBareResult(): Result {
  const { event, audience } = aResult();
  return aResult({
    reason: null,
    related: null,
    error: null,
    template: null,
    msgtype: null,
    event: { ...event, type: null, time: null, key: null },
    audience: { ...audience, deptIdList: [] },
    deliveries: [],
    recipients: [],
    counts: noCounts,
    invalidDeptIds: [],
    deferredUntil: null,
    digestSize: null,
    eventTime: null,
    traceparent: null,
  });
}

const word = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed());
const maybe = fc.option(word);
const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
const int = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

export const anyResult: fc.Arbitrary<Result> = fc
  .record({
    status: fc.constantFrom(...resultStatuses),
    seq: int,
    final: fc.boolean(),
    amendment: fc.boolean(),
    reason: maybe,
    related: maybe,
    error: fc.option(fc.record({ code: word, message: word, class: word })),
    route: word,
    template: maybe,
    agentId: id,
    event: fc.record({
      source: word,
      id: word,
      type: maybe,
      time: fc.option(time),
      topic: word,
      partition: int,
      offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      key: maybe,
    }),
    deliveries: fc.array(
      fc.record({
        deliveryId: word,
        part: int,
        taskId: maybe,
        status: word,
        attempts: int,
        acceptedAt: fc.option(time),
      }),
      { maxLength: 3 },
    ),
    recipients: fc.array(
      fc.record({
        userid: maybe,
        mobile: maybe,
        status: fc.constantFrom(...recipientStatuses),
        code: maybe,
        reason: maybe,
      }),
      { maxLength: 5 },
    ),
    invalidDeptIds: fc.array(id, { maxLength: 3 }),
    deferredUntil: fc.option(time),
    digestSize: fc.option(int),
    eventTime: fc.option(time),
    occurredAt: time,
    traceparent: maybe,
  })
  .map((parts) => aResult(parts));
