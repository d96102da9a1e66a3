import type { detailJson } from '../server/api/present-notifications.ts';
import { oneLine, table } from './table.ts';

/** One notification as the API gives it: whatever must be masked is masked already. */
type Detail = ReturnType<typeof detailJson>;

/** Everything that is known of a notification, in the order in which it happened. */
export function historyText(one: Detail): string {
  return [head(one), event(one), plan(one), people(one), deliveries(one), calls(one), results(one)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function head(one: Detail): string {
  const ended = [one.status, one.reason].filter((word) => word !== null).join(', ');
  const lines = [`${one.id}  ${one.state}${ended === '' ? '' : `: ${ended}`}`];
  if (one.related !== null) lines.push(`related       ${one.related}`);
  if (one.recall_requested) lines.push('a recall is asked for');
  if (one.error !== null) lines.push(`error         ${one.error.code}: ${oneLine(one.error.message)}`);
  if (one.dead_letters.length > 0) lines.push(`dead letters  ${one.dead_letters.join(', ')}`);
  return lines.join('\n');
}

function event({ event: of, received_at }: Detail): string {
  return [
    'EVENT',
    `  ${oneLine(`${of.source} ${of.id}  ${of.type ?? '(no type)'}`)}`,
    `  ${of.topic} partition ${of.partition} offset ${of.offset}, key ${oneLine(of.key ?? '–')}`,
    `  happened ${of.time ?? '–'}, received ${received_at}`,
  ].join('\n');
}

function plan(one: Detail): string {
  const { audience, message } = one;
  const to = [
    ...(audience.everyone ? ['everyone'] : []),
    counted(audience.userids.length, 'userid'),
    counted(audience.mobiles.length, 'mobile'),
    ...(audience.dept_ids.length > 0 ? [`departments ${audience.dept_ids.join(', ')}`] : []),
  ].filter((text) => text !== '');
  return [
    'PLAN',
    `  route ${one.route}, template ${one.template ?? '–'}, app ${one.app} (agent ${one.agent_id}), configuration ${one.config_hash}`,
    `  to ${to.length === 0 ? 'nobody' : to.join(', ')}, due ${one.due_at}`,
    ...(message === null
      ? ['  no message']
      : [
          `  ${message.msgtype}, ${message.bytes} bytes`,
          ...JSON.stringify(message.msg, null, 2)
            .split('\n')
            .map((line) => `    ${oneLine(line)}`),
        ]),
  ].join('\n');
}

function people(one: Detail): string {
  if (one.people.length === 0) return '';
  const rows = one.people.map(({ userid, mobile, status, reason, code, part }) => [
    userid,
    mobile,
    status,
    reason,
    code,
    part === null ? null : String(part),
  ]);
  return table(['USERID', 'MOBILE', 'STATUS', 'REASON', 'CODE', 'PART'], rows);
}

function deliveries(one: Detail): string {
  if (one.deliveries.length === 0) return '';
  const rows = one.deliveries.map((each) => [
    each.id,
    String(each.part),
    each.kind,
    each.state,
    each.status,
    each.reason,
    each.task_id,
    each.accepted_at,
  ]);
  return table(['DELIVERY', 'PART', 'TO', 'STATE', 'STATUS', 'REASON', 'TASK', 'ACCEPTED'], rows);
}

function calls(one: Detail): string {
  if (one.calls.length === 0) return '';
  const rows = one.calls.map((call) => [
    call.id,
    call.parts.join(', '),
    call.state,
    call.attempts,
    call.refusals,
    call.unknown_rounds,
    call.checks,
    call.shared_with,
    call.next_at,
  ]);
  const headings = [
    'CALL',
    'PARTS',
    'STATE',
    'ATTEMPTS',
    'REFUSED',
    'UNKNOWN',
    'ASKED',
    'SHARED WITH',
    'NEXT',
  ];
  return table(headings, rows);
}

function results(one: Detail): string {
  if (one.results.length === 0) return '';
  const rows = one.results.map((result) => [
    result.seq,
    result.occurred_at,
    result.status,
    result.final ? 'final' : result.amendment ? 'amendment' : 'interim',
    result.reason ?? result.error?.code ?? null,
    result.published_at ?? 'not yet',
  ]);
  return table(['SEQ', 'AT', 'RESULT', 'KIND', 'REASON', 'PUBLISHED'], rows);
}

function counted(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`;
}
