import type { Logger } from '../base/logger.ts';
import type { OutboxRow } from '../ledger/ledger.ts';
import { maskText } from '../server/masking.ts';

/**
 * The life of a notification in the log, told as its results are published: one line for each state that matters to
 * people (waiting, in doubt, ended, changed afterwards) at info, acceptance by DingTalk at debug, dead letters at
 * warn. What upstream named is masked like everywhere else.
 */
export function logPublished(logger: Logger): (rows: readonly OutboxRow[]) => void {
  return (rows) => {
    for (const row of rows) {
      if (row.kind === 'dead_letter') logDeadLetter(logger, row.deadLetter);
      else logResult(logger, row.result);
    }
  };
}

type ResultRow = Extract<OutboxRow, { kind: 'result' }>;
type DeadLetterRow = Extract<OutboxRow, { kind: 'dead_letter' }>;

function logResult(logger: Logger, result: ResultRow['result']): void {
  const { status, final, amendment } = result;
  const level = status === 'accepted' && !final ? 'debug' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const fields = {
    notification: result.notificationId,
    route: result.route,
    app: result.app,
    status,
    reason: result.reason,
    code: result.error?.code,
    seq: result.seq,
    source: maskText(result.event.source),
    event: maskText(result.event.id),
    ...(result.traceparent === null ? {} : { traceparent: result.traceparent }),
  };
  if (final) logger[level](fields, 'notification ended');
  else if (amendment) logger[level](fields, 'notification changed after its end');
  else logger[level](fields, 'notification goes on');
}

function logDeadLetter(logger: Logger, deadLetter: DeadLetterRow['deadLetter']): void {
  const { id, stage, reason, route, notificationId, record } = deadLetter;
  const { topic, partition, offset } = record;
  logger.warn(
    {
      deadLetter: id,
      stage,
      reason,
      route,
      notification: notificationId,
      topic,
      partition,
      offset: String(offset),
    },
    'dead letter',
  );
}
