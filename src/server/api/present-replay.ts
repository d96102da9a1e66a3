import type { z } from 'zod';
import type { ReplayDifference, ReplayedNotification, ReplaySummary } from '../../rules/replay/replay.ts';
import type { ReplayTotals } from '../../rules/replay/totals.ts';
import { maskOptional, maskText, presentable } from '../masking.ts';
import type { ReplayReport } from '../ports.ts';
import { faultJson } from '../reload.ts';
import { isoOptional } from './present.ts';
import type * as schemas from './replay-schemas.ts';

export function replayJson(report: ReplayReport): z.output<typeof schemas.replayReport> {
  return {
    before: { config_hash: report.beforeHash },
    after: { config_hash: report.afterHash },
    faults: report.faults.map(faultJson),
    differences: report.differences.map(({ difference, why }) => differenceJson(difference, why)),
    left_out: report.leftOut,
    summary: report.summary === null ? null : summaryJson(report.summary),
  };
}

export function differenceJson(
  difference: ReplayDifference,
  why: string | null,
): z.output<typeof schemas.replayDifference> {
  const { event } = difference;
  return {
    subject: difference.subject,
    change: difference.change,
    event: {
      source: maskText(event.source),
      id: maskText(event.id),
      type: maskOptional(event.type),
      time: isoOptional(event.time),
      topic: event.topic,
      partition: event.partition,
      offset: String(event.offset),
    },
    route: difference.route,
    item: difference.item,
    key: maskOptional(difference.key),
    before: replayedJson(difference.before),
    after: replayedJson(difference.after),
    why: maskOptional(why),
    changes: difference.changes.map(({ path, before, after }) => ({
      path,
      before: presentable(before),
      after: presentable(after),
    })),
  };
}

function replayedJson(one: ReplayedNotification | null): z.output<typeof schemas.replayDifference>['before'] {
  if (one === null) return null;
  return {
    fate: maskText(one.fate),
    template: one.template,
    app: one.app,
    people: one.people,
    broadcast: one.broadcast,
    members: one.members,
    message: one.message === null ? null : presentable(JSON.parse(one.message)),
  };
}

export function summaryJson(summary: ReplaySummary): z.output<typeof schemas.replaySummary> {
  const { records, before, after, routes, differences, estimate } = summary;
  return {
    records,
    before: totalsJson(before),
    after: totalsJson(after),
    routes: routes.map((route) => ({ ...route, before: { ...route.before }, after: { ...route.after } })),
    differences: { ...differences },
    estimate,
  };
}

function totalsJson(totals: ReplayTotals): z.output<typeof schemas.replaySummary>['before'] {
  const { deadLetters, suppressed, failed, ...counts } = totals;
  return {
    ...counts,
    suppressed: { ...suppressed },
    failed: { ...failed },
    dead_letters: { ...deadLetters },
  };
}
