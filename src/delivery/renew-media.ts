import { sha256 } from '../base/ids.ts';
import { invalidMediaCodes } from '../dingtalk/codes.ts';
import type { CallError } from '../dingtalk/outcomes.ts';
import { postponed, type CallStep, type Members } from '../ledger/lifecycle/answers.ts';
import type { Call } from '../model/call.ts';
import { mediaIdsIn } from './media.ts';

export interface MediaRenewal {
  /** To be forgotten, so that their files are uploaded again. */
  readonly mediaIds: readonly string[];
  readonly step: CallStep;
}

/** After so many refusals in a row a new upload will not help either. */
const maxRefusals = 2;

/**
 * DingTalk refused a media id that we had from an upload: the call names its files again and is due at once. Null when
 * that is not the matter, when the id stands in the template itself, and after an unknown attempt, whose repeat must be
 * byte-identical.
 */
export function renewMedia(call: Call, members: Members, error: CallError, now: number): MediaRenewal | null {
  if (!invalidMediaCodes.has(error.code) || call.unknownRounds > 0 || call.refusals >= maxRefusals)
    return null;
  const [first] = call.members;
  const planned = first === undefined ? undefined : members.get(first.notificationId)?.message?.body;
  const mediaIds = planned === undefined ? [] : mediaIdsIn(planned, call.body);
  if (planned === undefined || mediaIds.length === 0) return null;
  const step = postponed(call, members, now, null, now);
  const renewed: Call = { ...step.call, body: planned, contentHash: sha256(planned), claimedDay: null };
  return { mediaIds, step: { ...step, call: renewed } };
}
