import type { CaseConfig, CaseExpectation, MessageField } from './config.ts';
import type { SourceRef } from './source-ref.ts';
import { plainValue } from './env-text.ts';
import { eventOf } from './normalise-message.ts';
import type { CaseKeys } from './schema-cases.ts';

export function caseOf(found: CaseKeys, source: SourceRef): CaseConfig {
  return {
    name: found.name,
    event: eventOf(found.event),
    now: found.now ?? null,
    expect: found.expect.map(expectationOf),
    expectSignals:
      found.signals?.map((signal) => ({ ...signal, correlation: signal.correlation ?? null })) ?? null,
    source,
  };
}

function expectationOf(found: CaseKeys['expect'][number]): CaseExpectation {
  const { audience } = found;
  return {
    route: found.route,
    item: found.item ?? null,
    audience:
      audience === undefined
        ? null
        : {
            mobiles: audience.mobiles ?? null,
            userids: audience.userids ?? null,
            deptIds: audience.dept_id_list ?? null,
            toAllUser: audience.to_all_user ?? null,
          },
    message: found.message === undefined ? null : plainTree(found.message),
    contains: found.contains ?? [],
    failure: found.failure ?? null,
    policies:
      found.policies === undefined ? null : (plainTree(found.policies) as Record<string, MessageField>),
  };
}

/** Whole numbers become numbers: expectations are compared with JSON. */
function plainTree(value: unknown): MessageField {
  const plain = plainValue(value);
  return JSON.parse(
    JSON.stringify(plain, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)),
  ) as MessageField;
}
