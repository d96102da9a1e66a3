import { COMPATIBILITY, type SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { DingbusError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { RegistryUnavailableError, SchemaRejectedError } from './errors.ts';
import { type RegistryHttp, RegistryRefusal } from './http.ts';

interface Means {
  readonly http: RegistryHttp;
  readonly client: SchemaRegistry;
  readonly logger: Logger;
}

/**
 * Registers a schema of ours so that every later version must be able to read the values of this one, and gives its
 * id. A schema that is there already is only looked up, which needs no permission to write. A subject without a
 * level of its own, or with NONE, gets BACKWARD; any other level is the operator's choice and stays.
 *
 * @throws {RegistryUnavailableError}
 * @throws {SchemaRejectedError} it is not compatible with the subject's last version, or no valid schema.
 */
export async function registerBackward(means: Means, subject: string, schemaText: string): Promise<number> {
  try {
    const present = await findId(means, subject, schemaText);
    const level = await levelOf(means, subject);
    if (present !== null) {
      if (level === null || level === 'NONE') await setBackward(means, subject);
      return present;
    }
    if (level === 'NONE') await setBackward(means, subject);
    const { id } = await means.client.register(
      { type: SchemaType.AVRO, schema: schemaText },
      { subject, compatibility: named(await levelOf(means, subject)), updateConfig: false },
    );
    if (level === null) await setBackward(means, subject);
    return id;
  } catch (thrown) {
    if (thrown instanceof RegistryUnavailableError) throw thrown;
    throw new SchemaRejectedError(`the schema of ${subject} cannot be registered: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

async function findId(means: Means, subject: string, schemaText: string): Promise<number | null> {
  const found = await unless404(
    means.http.request(
      'POST',
      `/subjects/${encodeURIComponent(subject)}`,
      JSON.stringify({ schema: schemaText }),
    ),
  );
  return found === null ? null : Number((found as { id: unknown }).id);
}

/** The subject's own level; null when it has none or does not exist yet. */
async function levelOf(means: Means, subject: string): Promise<string | null> {
  const found = await unless404(means.http.request('GET', `/config/${encodeURIComponent(subject)}`, null));
  if (found === null) return null;
  return String((found as { compatibilityLevel: unknown }).compatibilityLevel).toUpperCase();
}

/** The client insists on being told the level that the subject has; without one any name will do. */
function named(level: string | null): COMPATIBILITY {
  return Object.values(COMPATIBILITY).find((name) => name === level) ?? COMPATIBILITY.BACKWARD;
}

/** A registry that forbids it keeps its own level; the results can be published all the same. */
async function setBackward(means: Means, subject: string): Promise<void> {
  const body = JSON.stringify({ compatibility: COMPATIBILITY.BACKWARD });
  try {
    await means.http.request('PUT', `/config/${encodeURIComponent(subject)}`, body);
  } catch (thrown) {
    if (!(thrown instanceof DingbusError)) throw thrown;
    means.logger.warn({ subject, reason: thrown.message }, 'compatibility of subject not set');
  }
}

async function unless404(request: Promise<unknown>): Promise<unknown> {
  try {
    return await request;
  } catch (thrown) {
    if (thrown instanceof RegistryRefusal && thrown.status === 404) return null;
    throw thrown;
  }
}
