import type { PlannedNotification } from '../model/plan.ts';

/** Why a notification is not sent whatever was sent before: the first policies, which need no memory. */
export type Refusal = 'expired' | 'empty_audience' | 'audience_too_large';

export function refusalOf(planned: PlannedNotification, nowMs: number): Refusal | null {
  const { expiresAt } = planned.policies;
  if (expiresAt !== null && expiresAt <= nowMs) return 'expired';
  const { everyone, userids, mobiles, deptIds } = planned.audience;
  if (everyone) return null;
  if (userids.length + mobiles.length + deptIds.length === 0) return 'empty_audience';
  return planned.people > planned.maxRecipients ? 'audience_too_large' : null;
}
