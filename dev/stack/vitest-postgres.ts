/** Global set-up of the contract tests: PostgreSQL when a test asks for it, and nothing else. */
export { offerPostgres as setup } from './vitest-servers.ts';
