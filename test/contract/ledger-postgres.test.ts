import { ledgerContract } from './ledger/ledger-contract.ts';
import { postgresKind } from './ledger/stores.ts';

ledgerContract(postgresKind());
