/**
 * Finds people by mobile number. The current API needs a permission that older apps may not have, the legacy one a
 * permission that new apps can no longer get (K63, K1463); `auto` finds out which of them serves and remembers.
 */
import type { Mobile } from '../base/sensitive.ts';
import type { AppCalls, Call } from './app-calls.ts';
import type { ClientObserver } from './client-events.ts';
import { endpoints } from './endpoints.ts';
import type { Exchanged } from './exchange.ts';
import type { LookupResult } from './outcomes.ts';
import { readUser } from './payloads.ts';
import { get, post, type RequestOptions } from './requests.ts';

export type LookupApi = 'auto' | 'v2' | 'legacy';

/** "The app lacks the permission for this API." */
const permissionMissing = '60011';

export function lookupVia(
  api: LookupApi,
  calls: AppCalls,
  http: RequestOptions,
  observe: ClientObserver,
): (mobile: Mobile, options: Omit<Call, 'http'>) => Promise<LookupResult> {
  let serving: 'v2' | 'legacy' = api === 'legacy' ? 'legacy' : 'v2';

  const ask = (via: 'v2' | 'legacy', mobile: Mobile, options: Omit<Call, 'http'>): Promise<Exchanged> =>
    calls.call({
      ...options,
      hidden: [mobile],
      // In `auto` a missing permission of the current API leads to the legacy one; only then is it a fault.
      tolerated: api === 'auto' && via === 'v2' ? permissionMissing : null,
      http: (token) =>
        via === 'v2'
          ? post(http, endpoints.lookupV2.path, token, { mobile: mobile.reveal() })
          : get(http, endpoints.lookupLegacy.path, { access_token: token, mobile: mobile.reveal() }),
    });

  return async (mobile, options) => {
    const via = serving;
    let answer = await ask(via, mobile, options);
    if (api === 'auto' && via === 'v2' && lacksPermission(answer)) {
      answer = await ask('legacy', mobile, { ...options, slot: null });
      if (answer.kind === 'ok' || answer.error.class === 'recipient') {
        if (serving === 'v2') observe({ kind: 'legacy_lookup' });
        serving = 'legacy';
      }
    } else if (api === 'auto' && via === 'legacy' && lacksPermission(answer)) {
      // Neither serves now; after the fault is mended the current API gets the first chance again.
      serving = 'v2';
    }
    return resultOf(answer, calls);
  };
}

function lacksPermission(answer: Exchanged): boolean {
  return answer.kind === 'error' && answer.sent && answer.error.code === permissionMissing;
}

function resultOf(answer: Exchanged, calls: AppCalls): LookupResult {
  if (answer.kind === 'error') {
    const { error, sent } = answer;
    return { kind: sent && error.class === 'recipient' ? 'not_found' : 'failed', error };
  }
  const { userid, exclusiveUserids } = readUser(answer.body);
  if (userid !== null) return { kind: 'found', userid, exclusiveUserids };
  const error = calls.ownError('lookup', 'incomplete', 'errcode 0 without a userid', answer.requestId);
  return { kind: 'failed', error };
}
