import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { SchemaRegistryConfig } from '../config/config.ts';
import { createRegistry, type Registry } from '../registry/registry.ts';

/** The schema registry of the configuration; null when there is none. */
export function openRegistry(
  config: SchemaRegistryConfig | null,
  clock: Clock,
  logger: Logger,
): Registry | null {
  if (config === null) return null;
  return createRegistry({
    url: config.url,
    auth: config.auth,
    tls: config.ssl,
    timeoutMs: config.timeoutMs,
    unknownSchema: config.unknownSchema,
    clock,
    logger,
  });
}
