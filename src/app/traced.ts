/**
 * Spans around what the rooms do, by the semantic conventions for messaging: taking records in (linked to those who
 * published them), deciding about an event (in its own trace), publishing. Calls to DingTalk have theirs in delivery
 * and dingtalk. Keys, ids, names of people and texts that upstream wrote never become attributes.
 */
import type { OutgoingRecord } from '../kafka/sink-types.ts';
import type { IncomingBatch, Intake, IntakeRules } from '../intake/intake-types.ts';
import type { RecordHeader } from '../model/record.ts';
import { inSpan, isTracing, recordSpan } from '../base/tracing.ts';

/** `process <topic>` for each batch. */
export function tracedIntake(group: string, intake: Intake): Intake['process'] {
  return (batch) => {
    if (!isTracing()) return intake.process(batch);
    const { topic, partition, records } = batch;
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': String(partition),
      'messaging.consumer.group.name': group,
      'messaging.batch.message_count': records.length,
      'messaging.kafka.offset': Number(records[0]?.offset ?? -1n),
    };
    const links = linksOf(batch);
    const options = { kind: 'consumer', attributes, parent: null, links } as const;
    return inSpan(`process ${topic}`, options, () => intake.process(batch));
  };
}

/** `decide` for each event that a route matched, in the trace of whoever published it. */
export function tracedRules(rules: IntakeRules, now: () => number): IntakeRules {
  return {
    ...rules,
    plan(event, at) {
      if (!isTracing()) return rules.plan(event, at);
      const startedAt = now();
      const plan = rules.plan(event, at);
      if (plan.notifications.length === 0) return plan;
      const { topic, partition, offset, traceparent } = event.meta;
      const attributes = {
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(partition),
        'messaging.kafka.offset': Number(offset),
        'dingbus.routes': [...new Set(plan.notifications.map((each) => each.route))],
        'dingbus.notifications': plan.notifications.length,
        'dingbus.config_hash': rules.hash,
      };
      const parent = traceparent === null ? {} : { parent: traceparent };
      recordSpan('decide', { kind: 'internal', attributes, startedAt, ...parent });
      return plan;
    },
  };
}

/** `send <topic>` for each request; one record alone stays in its event's trace. */
export function tracedPublish<T>(
  publish: (records: readonly OutgoingRecord[]) => Promise<T>,
): (records: readonly OutgoingRecord[]) => Promise<T> {
  return (records) => {
    if (!isTracing()) return publish(records);
    const topics = new Set(records.map((record) => record.topic));
    const [topic = 'results'] = topics;
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.batch.message_count': records.length,
      ...(topics.size === 1 ? { 'messaging.destination.name': topic } : {}),
    };
    const links = records.flatMap(({ headers }) => traceparentIn(headers));
    const parent = records.length === 1 ? (links[0] ?? null) : null;
    const name = topics.size === 1 ? `send ${topic}` : 'send results';
    return inSpan(name, { kind: 'producer', attributes, parent, links }, () => publish(records));
  };
}

function linksOf({ records }: IncomingBatch): string[] {
  return records.flatMap(({ headers }) => traceparentIn(headers));
}

/** As events read it: that header before the one of CloudEvents. */
function traceparentIn(headers: readonly RecordHeader[]): string[] {
  const found =
    headers.find(({ key }) => key === 'traceparent') ?? headers.find(({ key }) => key === 'ce_traceparent');
  return found?.value == null ? [] : [found.value.toString('latin1')];
}
