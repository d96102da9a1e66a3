import type { Changes } from './changes.ts';
import { maskOptional, maskText } from './masking.ts';
import type { ConfigFault, ConfigurationPort, ReloadReport } from './ports.ts';

/** A reload as the API tells it. */
export interface ReloadJson {
  readonly at: string;
  readonly ok: boolean;
  readonly config_hash: string;
  readonly faults: ConfigFault[];
  readonly needs_restart: string[];
}

/** Reloads on behalf of a person; a configuration with faults is an answer, not a failure. */
export async function reload(
  services: { readonly changes: Changes; readonly ports: { readonly configuration: ConfigurationPort } },
  actor: string,
): Promise<ReloadJson> {
  const report = await services.changes.run(
    { actor, action: 'reload', targets: [], note: null },
    () => services.ports.configuration.reload(),
    ({ ok, faults }) => (ok ? null : `${faults.filter(isError).length} faults, the old configuration stays`),
  );
  return reloadJson(report);
}

export function reloadJson(report: ReloadReport): ReloadJson {
  return {
    at: new Date(report.at).toISOString(),
    ok: report.ok,
    config_hash: report.hash,
    faults: report.faults.map(faultJson),
    needs_restart: [...report.needsRestart],
  };
}

/** Picks the fields that are shown: a fault of the configuration room may carry more than the port promises. */
export function faultJson(fault: ConfigFault): ConfigFault {
  return {
    file: fault.file,
    line: fault.line,
    col: fault.col,
    severity: fault.severity,
    code: fault.code,
    message: maskText(fault.message),
    remedy: maskOptional(fault.remedy),
  };
}

export function isError(fault: ConfigFault): boolean {
  return fault.severity === 'error';
}
