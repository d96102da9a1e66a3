/** The events of the model test: each carries its notification, or a wish about earlier ones, in plain words. */
import type { EventDecoder } from '../../../src/events/outcome.ts';
import type { IntakeRules } from '../../../src/intake/intake-types.ts';
import type { Event } from '../../../src/model/event.ts';
import type { Plan, PlannedNotification } from '../../../src/model/plan.ts';
import type { RawRecord } from '../../../src/model/record.ts';
import { aPlanned, aRecord, anEvent } from '../../fakes/builders.ts';
import { department } from './dingtalk-stand.ts';

export interface NotificationSpec {
  readonly users: readonly string[];
  readonly department: boolean;
  readonly everyone: boolean;
  /** One of a few contents that many have; null = a content of its own. */
  readonly pool: number | null;
  readonly overLimit: 'drop' | 'defer' | 'dead_letter';
  readonly onUnknown: 'resend' | 'hold';
  readonly track: 'accepted' | 'delivered' | 'read';
  readonly priority: 'high' | 'normal';
  readonly quiet: { readonly ms: number; readonly action: 'defer' | 'drop' } | null;
  readonly expiresInMs: number | null;
  readonly dedupe: string | null;
  readonly throttle: string | null;
  readonly digest: string | null;
  readonly correlation: string | null;
}

export interface SignalSpec {
  readonly kind: 'recall' | 'update';
  readonly correlation: string;
}

export interface EventSpec {
  readonly id: string;
  readonly notification: NotificationSpec | null;
  readonly signal: SignalSpec | null;
}

export const route = 'model';
const windowMs = 10 * 60_000;

export function recordOf(spec: EventSpec, offset: bigint, at: number): RawRecord {
  return aRecord({ topic: 'events', offset, timestamp: at, value: Buffer.from(JSON.stringify(spec)) });
}

export const decoder: EventDecoder = {
  decode: (record) => ({ kind: 'events', events: [eventOf(record)] }),
  typeHint: () => undefined,
};

function eventOf(record: RawRecord): Event {
  const spec = JSON.parse(record.value?.toString() ?? '{}') as EventSpec;
  const event = anEvent(spec.id, spec);
  const meta = {
    ...event.meta,
    time: new Date(record.timestamp),
    topic: record.topic,
    offset: record.offset,
  };
  return { ...event, meta };
}

export function rulesOf(hash: string): IntakeRules {
  const plan = (event: Event, now: number): Plan => planOf(event, now, hash);
  return {
    hash,
    couldMatch: () => true,
    reading: () => ({ format: 'json', identity: null }),
    plan,
    planRoute: (_route, event, now) => ({ ...plan(event, now), signals: [] }),
    planSignals: () => ({ notifications: [], signals: [], configHash: hash }),
  };
}

function planOf(event: Event, now: number, configHash: string): Plan {
  const { notification, signal, id } = event.data as EventSpec;
  return {
    configHash,
    notifications: notification === null ? [] : [planned(notification, id, event, now)],
    signals:
      signal === null
        ? []
        : [{ ...signal, route, statusValue: signal.kind === 'update' ? 'done' : null, statusBg: null }],
  };
}

export function contentOf(spec: NotificationSpec, id: string): string {
  return spec.pool === null ? `own ${id}` : `pool ${spec.pool}`;
}

function planned(spec: NotificationSpec, id: string, event: Event, now: number): PlannedNotification {
  const { quiet, correlation } = spec;
  const base = aPlanned({
    route,
    text: contentOf(spec, id),
    people: spec.users.length,
    audience: spec.everyone
      ? { userids: [], everyone: true }
      : { userids: spec.users, deptIds: spec.department ? [department.id] : [] },
    policies: {
      overLimit: spec.overLimit,
      onUnknown: spec.everyone ? 'hold' : spec.onUnknown,
      track: spec.track,
      priority: spec.priority,
      quiet: quiet === null ? null : { until: now + quiet.ms, action: quiet.action },
      expiresAt: spec.expiresInMs === null ? null : (event.meta.time?.getTime() ?? now) + spec.expiresInMs,
      dedupe: spec.dedupe === null ? null : { key: spec.dedupe, windowMs },
      throttle: spec.throttle === null ? null : { key: spec.throttle, limit: 2, windowMs },
      digest: spec.digest === null ? null : { key: spec.digest, windowMs, max: 3 },
      correlation,
      mergeable: correlation === null,
    },
  });
  return spec.digest === null ? base : { ...base, message: null, digestItem: event };
}

/** A digest tells u1 how many there were. */
export function plannedDigest(key: string, members: readonly Event[], now: number): PlannedNotification {
  const ids = members.map((each) => each.meta.id).join(' ');
  return aPlanned({
    route,
    text: `own digest ${key} ${ids} ${now}`,
    audience: { userids: ['u1'] },
  });
}
