/**
 * The schema registry: readers for the values of incoming records and writers for our own. This room alone knows the
 * registry's client and Avro. It never decides what becomes of a record: it says whether a schema is known, unknown,
 * unusable, or cannot be asked for now, and it never takes one of these for another.
 */
import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { createClient, fetchReader } from './client.ts';
import { AvroWriter } from './avro/avro-writer.ts';
import { RegistryUnavailableError } from './errors.ts';
import { RegistryHttp, type RegistryHttpOptions, RegistryRefusal } from './http.ts';
import { SchemaLookups, type UnknownSchema } from './lookups.ts';
import type { SchemaReaders } from './reader.ts';
import { registerBackward } from './register.ts';

export interface RegistryOptions extends RegistryHttpOptions {
  readonly logger: Logger;
  readonly random?: Random;
  /** Default: `dead_letter`. */
  readonly unknownSchema?: UnknownSchema;
}

export interface RegistryHealth {
  readonly ok: boolean;
  /** Why not; null while it is well. */
  readonly reason: string | null;
}

/** Writes values of one schema in the registry's wire format. */
export interface SchemaWriter {
  /**
   * `value` is plain data in the schema's own field names; longs may be `bigint` or `number`, unions hold the bare
   * value. The schema is registered with the first call.
   *
   * @throws {RegistryUnavailableError} the schema is not registered yet and the registry cannot be asked now.
   * @throws {SchemaRejectedError} the registry refuses the schema, or the value does not fit it.
   */
  write(value: unknown): Promise<Buffer>;
  /** Registers the schema now; for a start that wants to know. Throws as `write` does. */
  ready(): Promise<void>;
}

export interface Registry extends SchemaReaders {
  /**
   * A writer for the latest values of `subject`. The schema is registered under BACKWARD compatibility: a reader with
   * the new schema can read all older values.
   */
  writerFor(subject: string, schemaText: string): SchemaWriter;
  /** As the last request saw it. The registry is asked at once, and again every few seconds while it is not ok. */
  health(): RegistryHealth;
  /** Asks whether the registry answers, and reports it through `health`. Never rejects. */
  probe(): Promise<RegistryHealth>;
  close(): Promise<void>;
}

/** How often an unreachable registry is asked whether it is back. */
const probeMs = 5_000;

export function createRegistry(options: RegistryOptions): Registry {
  const http = new RegistryHttp(options);
  const watch = new HealthWatch(http, options.clock, options.logger);
  const client = createClient(http);
  const lookups = new SchemaLookups(
    async (schemaId) => {
      const lookup = await fetchReader(client, schemaId);
      watch.saw(lookup.kind === 'unavailable' ? lookup.error.message : null);
      return lookup;
    },
    options.clock,
    options.random,
    options.unknownSchema,
  );
  return {
    readerFor: (schemaId) => lookups.readerFor(schemaId),
    cachedReader: (schemaId) => lookups.cachedReader(schemaId),
    writerFor(subject, schemaText) {
      const means = { http, client: client.library, logger: options.logger };
      return new AvroWriter(schemaText, async () => {
        try {
          const schemaId = await registerBackward(means, subject, schemaText);
          watch.saw(null);
          return schemaId;
        } catch (thrown) {
          if (thrown instanceof RegistryUnavailableError) watch.saw(thrown.message);
          throw thrown;
        }
      });
    },
    health: () => watch.health(),
    probe: () => watch.probe(),
    async close() {
      watch.stop();
      await http.close();
    },
  };
}

/** Keeps what the last request told, and asks again by itself after a failure so that readiness comes back. */
class HealthWatch {
  readonly #http: RegistryHttp;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #reason: string | null = 'not asked yet';
  #asked = false;
  #cancel: (() => void) | null = null;
  #stopped = false;

  constructor(http: RegistryHttp, clock: Clock, logger: Logger) {
    this.#http = http;
    this.#clock = clock;
    this.#logger = logger;
    // Readiness must not wait for the first record that happens to need a schema.
    this.#probeAfter(0);
  }

  health(): RegistryHealth {
    return { ok: this.#reason === null, reason: this.#reason };
  }

  saw(reason: string | null): void {
    // What fails because we are closing tells nothing of the registry.
    if (this.#stopped) return;
    const changed = !this.#asked || (this.#reason === null) !== (reason === null);
    this.#asked = true;
    this.#reason = reason;
    const address = this.#http.address;
    if (reason !== null) {
      if (changed) this.#logger.warn({ address, reason }, 'schema registry unavailable');
      this.#probeAfter(probeMs);
      return;
    }
    this.#cancel?.();
    this.#cancel = null;
    if (changed) this.#logger.info({ address }, 'schema registry answers');
  }

  async probe(): Promise<RegistryHealth> {
    try {
      // Needs no permission beyond a valid login; a registry too old to know it refuses, and so answers too.
      await this.#http.request('GET', '/schemas/types', null);
      this.saw(null);
    } catch (thrown) {
      this.saw(thrown instanceof RegistryRefusal ? null : messageOf(thrown));
    }
    return this.health();
  }

  #probeAfter(delayMs: number): void {
    if (this.#stopped || this.#cancel !== null) return;
    this.#cancel = this.#clock.schedule(delayMs, () => {
      this.#cancel = null;
      void this.probe();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = null;
  }
}
