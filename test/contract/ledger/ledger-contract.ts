import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { deliveryCases } from './delivery-cases.ts';
import { intakeCases } from './intake-cases.ts';
import { outboxCases } from './outbox-cases.ts';
import { policyCases } from './policy-cases.ts';
import { quotaCases } from './quota-cases.ts';
import { retentionCases } from './retention-cases.ts';
import type { StoreKind, TestStore } from './stores.ts';
import { viewCases } from './view-cases.ts';

/** What every loop and command relies on, whatever the store. */
export function ledgerContract(kind: StoreKind): void {
  describe(`the ledger on ${kind.name}`, () => {
    let current: TestStore | null = null;
    const store = (): TestStore => {
      if (current === null) throw new Error('no store yet');
      return current;
    };
    beforeAll(() => kind.start());
    beforeEach(async () => {
      current = await kind.create();
    });
    afterEach(async () => {
      await current?.dispose();
      current = null;
    });
    afterAll(() => kind.stop());
    const open = () => store().open();

    describe('intake', () => {
      intakeCases(open);
    });
    describe('policies', () => {
      policyCases(open);
    });
    describe('delivery', () => {
      deliveryCases(open, store);
    });
    describe('quotas', () => {
      quotaCases(open);
    });
    describe('outbox', () => {
      outboxCases(open, store);
    });
    describe('retention', () => {
      retentionCases(open, store);
    });
    describe('views', () => {
      viewCases(open, store);
    });
  });
}
