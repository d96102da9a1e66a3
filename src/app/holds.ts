import type { Hold } from '../ledger/ledger.ts';
import type { Apps } from './apps.ts';
import type { Pauses } from './pauses.ts';

/**
 * Everything that is stopped, for people and metrics: what a person has paused (in the ledger), what DingTalk's
 * answers have held on this instance, and apps that are waited for in vain.
 */
export function createHolds(parts: {
  readonly pauses: Pauses;
  readonly apps: Apps;
}): () => Promise<readonly Hold[]> {
  const { pauses, apps } = parts;
  return async () => [
    ...(await pauses.list()),
    ...apps.list().flatMap(heldByDingTalk),
    ...apps.missing().map(({ name, waiting, since }) => ({
      subject: name,
      reason: 'not_configured',
      detail: `${waiting} notifications wait for an app that the configuration does not have`,
      since,
      until: null,
    })),
  ];
}

function heldByDingTalk({ name, client }: ReturnType<Apps['list']>[number]): readonly Hold[] {
  const { held, holds } = client.state();
  if (!held) return [];
  return holds.map(({ reason, code, message, since, until }) => ({
    subject: name,
    reason,
    detail: `${code}: ${message}`,
    since,
    until,
  }));
}
