import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServerViews, type ViewParts } from '../../../src/app/server-views.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { tellAmendment, tellFinal } from '../../../src/ledger/lifecycle/tell.ts';
import type { Notification } from '../../../src/model/notification.ts';
import { detailJson, summaryJson } from '../../../src/server/api/present-notifications.ts';
import type { NotificationQuery } from '../../../src/server/ports.ts';
import { aNotification, noon } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';
import { insert } from '../../contract/ledger/samples.ts';

const clock = new FakeClock(noon);
const any: NotificationQuery = {
  ...{ search: null, state: null, status: null, reason: null, route: null, app: null },
  ...{ since: null, until: null, cursor: null, limit: 2 },
};

let temp: TempLedger;
let ledger: Ledger;
beforeEach(async () => {
  temp = new TempLedger(clock);
  ledger = await temp.open();
});
afterEach(async () => {
  await temp.dispose();
});

const views = () => createServerViews({ ledger, clock } as unknown as ViewParts);
const failed = (id: string, reason: string): Notification =>
  tellFinal(aNotification({}, id), { status: 'failed', reason }, noon).notification;

describe('notifications as the API shows them', () => {
  it('have one status in the list, on their page and in the filter', async () => {
    const delivered = tellFinal(aNotification(), { status: 'delivered' }, noon).notification;
    const recalled = tellAmendment(delivered, { status: 'recalled' }, noon).notification;
    await ledger.write((tx) => insert(tx, [recalled]));
    const { items } = await views().notifications({ ...any, status: 'recalled' });
    expect(items.map(summaryJson)).toMatchObject([{ id: recalled.id, status: 'recalled' }]);
    const detail = await views().notification(recalled.id);
    expect(detailJson(detail!).status).toBe('recalled');
    expect((await views().notifications({ ...any, status: 'delivered' })).items).toEqual([]);
  });

  it('fill the page, however rare the reason that is asked for', async () => {
    const list = Array.from({ length: 20 }, (_none, index) =>
      failed(`e-${index}`, index < 3 ? 'rejected' : 'forbidden'),
    );
    await ledger.write((tx) => insert(tx, list));
    const first = await views().notifications({ ...any, reason: 'rejected' });
    expect(first.items.map(({ eventId }) => eventId)).toEqual(['e-2', 'e-1']);
    const rest = await views().notifications({ ...any, reason: 'rejected', cursor: first.next });
    expect(rest.items.map(({ eventId }) => eventId)).toEqual(['e-0']);
  });
});
