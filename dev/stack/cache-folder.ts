import { mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder of this user in which unpacked servers are kept between runs; made when it is missing. */
export function cacheFolder(): string {
  const home = homedir();
  const base =
    process.env['XDG_CACHE_HOME'] ??
    (process.platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache'));
  const wanted = join(base, 'dingbus', 'stack');
  try {
    mkdirSync(wanted, { recursive: true });
    return wanted;
  } catch {
    // A home that cannot be written to (some CI images): the servers are then unpacked once per boot.
    const fallback = join(tmpdir(), `dingbus-cache-${process.getuid?.() ?? 'user'}`);
    mkdirSync(fallback, { recursive: true });
    return fallback;
  }
}
