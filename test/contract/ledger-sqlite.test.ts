import { ledgerContract } from './ledger/ledger-contract.ts';
import { sqliteKind } from './ledger/stores.ts';

ledgerContract(sqliteKind);
