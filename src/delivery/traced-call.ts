import { fail, inSpan } from '../base/tracing.ts';
import type { SendResult } from '../dingtalk/outcomes.ts';
import type { Call } from '../model/call.ts';

/**
 * The span of one send, the wait for its turn included. It belongs to the trace of its event; a call that carries
 * several events has a trace of its own, linked to all of theirs.
 */
export function tracedCall(
  call: Call,
  traceparents: readonly string[],
  work: () => Promise<SendResult>,
): Promise<void> {
  const attributes = {
    'dingbus.app': call.app,
    'dingbus.call.id': call.id,
    'dingbus.call.attempt': call.attempts,
    'dingbus.call.people': call.people,
    'messaging.batch.message_count': call.members.length,
  };
  const parent = traceparents.length === 1 ? (traceparents[0] ?? null) : null;
  const links = parent === null ? traceparents : [];
  return inSpan(`deliver ${call.app}`, { kind: 'internal', attributes, parent, links }, async (span) => {
    const answer = await work();
    span.setAttribute('dingbus.call.outcome', answer.kind);
    if (answer.kind !== 'accepted') fail(span, answer.error.code);
  });
}
