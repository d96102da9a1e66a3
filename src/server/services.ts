import type { Clock } from '../base/clock.ts';
import type { Access } from './access.ts';
import type { StatusReport } from './api/status.ts';
import type { Changes } from './changes.ts';
import type { HealthCheck } from './health.ts';
import type { LiveFeed } from './live.ts';
import type { ServerPorts } from './ports.ts';

/** What all routes share. */
export interface Services {
  readonly ports: ServerPorts;
  readonly access: Access;
  readonly health: HealthCheck;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly live: LiveFeed<StatusReport>;
}
