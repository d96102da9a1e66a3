/** The only reader of the process's environment: everything else is given what it needs. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** `DINGBUS_FAILPOINTS=delivery.after_intent=3,…`: places at which tests kill the process; empty otherwise. */
export function failpointCounts(env: Readonly<Record<string, string | undefined>>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const entry of (env['DINGBUS_FAILPOINTS'] ?? '').split(',')) {
    const [name, count] = entry.split('=');
    if (name !== undefined && name.trim() !== '') counts[name.trim()] = Number(count ?? '1');
  }
  return counts;
}
