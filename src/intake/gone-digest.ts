import type { DigestWindow } from '../ledger/ledger.ts';
import type { Notification } from '../model/notification.ts';
import type { Audience, PlannedNotification } from '../model/plan.ts';

/**
 * The plan of a digest whose route is gone, to be told as failed: no message, but everybody whom its members would
 * have told. Members that are not kept any more add nobody.
 */
export function plannedFromMembers(
  window: DigestWindow,
  members: readonly Notification[],
): PlannedNotification {
  const audience = unionOf(members.map((member) => member.audience));
  return {
    route: window.route,
    item: 0,
    template: null,
    app: window.app,
    agentId: members[0]?.agentId ?? 0,
    audience,
    people: audience.userids.length + audience.mobiles.length,
    maxRecipients: 0,
    message: null,
    failure: null,
    digestItem: null,
    policies: {
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
      mergeable: false,
    },
  };
}

function unionOf(audiences: readonly Audience[]): Audience {
  const mobiles = new Map(audiences.flatMap((each) => each.mobiles).map((each) => [each.reveal(), each]));
  return {
    userids: [...new Set(audiences.flatMap((each) => each.userids))],
    mobiles: [...mobiles.values()],
    deptIds: [...new Set(audiences.flatMap((each) => each.deptIds))],
    everyone: false,
  };
}
