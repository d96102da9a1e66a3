/** What a notification ends as, from what became of its deliveries and people. */
import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../../../src/ledger/lifecycle/settle.ts';
import type { Delivery, Notification, Person } from '../../../../src/model/notification.ts';
import type { RecipientStatus } from '../../../../src/model/result.ts';
import { aNotification } from '../../../fakes/builders.ts';

type Part = Pick<Delivery, 'status'> & Partial<Delivery>;

function ended(
  parts: readonly Part[],
  people: readonly (RecipientStatus | readonly [RecipientStatus, string])[],
  change: Partial<Notification> = {},
): Notification {
  const notification = aNotification();
  const deliveries = parts.map((part, index): Delivery => ({
    id: `d${index}`,
    part: index + 1,
    kind: 'users',
    deptIds: [],
    state: 'settled',
    reason: null,
    attempts: 1,
    taskId: 't',
    acceptedAt: 0,
    ...part,
  }));
  const persons = people.map((each, index): Person => {
    const [status, reason] = typeof each === 'string' ? [each, null] : each;
    const blank = { mobile: null, code: null, part: 1, failedRetries: 0, rateRetries: 0 };
    return { ...blank, userid: `u${index}`, status, reason };
  });
  return { ...notification, state: 'active', deliveries, persons, ...change };
}

const departments = { kind: 'departments', deptIds: [7] } as const;
const tracked = aNotification().policies;
const accepted = { policies: { ...tracked, track: 'accepted' as const } };
const limited = ['suppressed', 'user_daily_limit'] as const;

describe('the end of a notification', () => {
  it.each<[string, Notification, string, string | null]>([
    ['all have it', ended([{ status: 'delivered' }], ['read', 'unread', 'arrived']), 'delivered', null],
    ['some have it', ended([{ status: 'partial' }], ['read', 'forbidden']), 'partial', null],
    ['one was left out by a limit', ended([{ status: 'delivered' }], ['read', limited]), 'partial', null],
    [
      'a department did not exist',
      ended([{ status: 'delivered' }], ['read'], { invalidDeptIds: [9] }),
      'partial',
      null,
    ],
    [
      'one of two calls was refused',
      ended([{ status: 'delivered' }, { status: 'failed', reason: 'rejected', ...departments }], ['read']),
      'partial',
      null,
    ],
    [
      'nobody: refused',
      ended([{ status: 'failed', reason: 'rejected' }], [['failed', 'rejected']]),
      'failed',
      'rejected',
    ],
    ['nobody: all invalid', ended([{ status: 'failed' }], ['invalid']), 'failed', 'invalid_recipients'],
    [
      'nobody: mostly forbidden',
      ended([{ status: 'failed' }], ['invalid', 'forbidden', 'forbidden']),
      'failed',
      'forbidden',
    ],
    [
      'taken back from those of a split call who were not refused',
      ended([{ status: null }, { status: 'recalled' }, { status: 'failed' }], ['pending', 'invalid']),
      'recalled',
      null,
    ],
    [
      'departments of a split call that are not followed',
      ended(
        [
          { status: null, ...departments },
          { status: 'accepted', ...departments },
        ],
        [],
        accepted,
      ),
      'accepted',
      null,
    ],
    ['nobody: failed at DingTalk', ended([{ status: 'failed' }], ['failed']), 'failed', 'failed_at_dingtalk'],
    ['nobody was found', ended([], ['unresolved']), 'failed', 'unresolved_recipients'],
    [
      'no department existed',
      ended([{ status: 'failed', ...departments }], [], { invalidDeptIds: [7] }),
      'failed',
      'invalid_recipients',
    ],
    [
      'nobody, by our own rule alone',
      ended([{ status: 'suppressed' }], [limited, limited]),
      'suppressed',
      'user_daily_limit',
    ],
    [
      'our rule for one, DingTalk for the other',
      ended([{ status: 'failed' }], [limited, 'invalid']),
      'failed',
      'invalid_recipients',
    ],
    [
      'a broadcast over the cap',
      ended([{ status: 'suppressed', reason: 'broadcast_daily_cap', kind: 'everyone' }], []),
      'suppressed',
      'broadcast_daily_cap',
    ],
    [
      'a broadcast is never verified',
      ended([{ status: 'unverified', kind: 'everyone' }], []),
      'unverified',
      null,
    ],
    [
      'somebody is open when the window closes',
      ended([{ status: 'unverified' }], ['read', 'pending']),
      'unverified',
      null,
    ],
    [
      'one call stays unknown',
      ended(
        [{ status: 'delivered' }, { status: 'unknown', state: 'unknown', reason: 'crashed' }],
        ['read', 'pending'],
      ),
      'unknown',
      'crashed',
    ],
    [
      'all taken back',
      ended([{ status: 'recalled' }, { status: 'recalled' }], ['read', 'pending']),
      'recalled',
      null,
    ],
    [
      'one taken back, the other cancelled in time',
      ended([{ status: 'recalled' }, { status: 'suppressed' }], ['pending', ['suppressed', 'cancelled']]),
      'recalled',
      null,
    ],
    [
      'one taken back, the other not',
      ended([{ status: 'recalled' }, { status: 'delivered' }], ['pending', 'read']),
      'partial',
      null,
    ],
    ['acceptance is enough', ended([{ status: 'accepted' }], ['pending'], accepted), 'accepted', null],
    [
      'acceptance is enough, one was not found',
      ended([{ status: 'accepted' }], ['pending', 'unresolved'], accepted),
      'partial',
      null,
    ],
    [
      'acceptance is enough, the departments were refused',
      ended(
        [{ status: 'accepted' }, { status: 'failed', reason: 'rejected', ...departments }],
        ['pending'],
        accepted,
      ),
      'partial',
      null,
    ],
  ])('%s', (_name, notification, status, reason) => {
    expect(verdictOf(notification)).toEqual({ status, reason });
  });
});
