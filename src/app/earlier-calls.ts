import { operations } from '../dingtalk/codes.ts';
import { spans } from '../dingtalk/limits.ts';
import type { RecentCall } from '../dingtalk/slot.ts';
import type { Ledger } from '../ledger/ledger.ts';

/**
 * An intent is written before its commit, the token and the wait for a connection; of a call whose acceptance it did not
 * write down, a process that died leaves no better trace of when it arrived. Those of so long a time count as just made,
 * in milliseconds.
 */
const arrivalMs = 5_000;

/**
 * What an earlier life of this process has called of late, as far as it counts for the limits of the app; `now` in
 * milliseconds since the epoch. Sends are known by their intents, and arrived before they were accepted. How often it
 * asked for other things is not written down, so all of what it might have asked in its last second counts: a second
 * passes before they are asked again.
 */
export async function earlierCalls(
  ledger: Ledger,
  app: string,
  callsPerSecond: number,
  now: number,
): Promise<readonly RecentCall[]> {
  const since = now - spans.recipientsPerMinuteWindow.value - arrivalMs;
  const { known, tracked } = await ledger.read(async (tx) => ({
    known: await tx.recentSends(app, since),
    tracked: (await tx.nextCheck(app)) !== null,
  }));
  const sends = known.map(({ at, people, acceptedAt }): RecentCall => ({
    api: 'send',
    at: Math.min(now, Math.max(at, acceptedAt ?? at + arrivalMs)),
    recipients: people,
  }));
  const lived = known.length > 0 || tracked;
  if (!lived || !Number.isFinite(callsPerSecond)) return sends;
  // A token is asked for once in a life, and everything else waits for it.
  const others = operations.filter((operation) => operation !== 'send' && operation !== 'token');
  const asked = others.flatMap((api) =>
    Array.from({ length: callsPerSecond }, (): RecentCall => ({ api, at: now, recipients: 0 })),
  );
  return [...sends, ...asked];
}
