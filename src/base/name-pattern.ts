/**
 * Names in which `*` stands for any text, also for none. What is named so (topics of Kafka) never has a `*` in it, so a
 * name and a pattern cannot be taken for each other.
 */
export function isPattern(text: string): boolean {
  return text.includes('*');
}

/** Whether the pattern (or plain name) stands for all of `name`; that may be a narrower pattern. Takes linear time. */
export function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** What is listed for a name: under the name itself, else under the first pattern that fits it. */
export function findByName<T>(entries: ReadonlyMap<string, T>, name: string): T | undefined {
  const exact = entries.get(name);
  if (exact !== undefined) return exact;
  for (const [pattern, entry] of entries) if (isPattern(pattern) && fits(pattern, name)) return entry;
  return undefined;
}

/** A name that the pattern stands for, where an example is wanted. */
export function exampleOf(pattern: string): string {
  return pattern.replaceAll('*', 'sample');
}
