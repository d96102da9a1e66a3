import { backoffMs, type Random } from '../base/backoff.ts';
import { type Clock, sleep } from '../base/clock.ts';
import { RegistryUnavailableError } from './errors.ts';
import type { SchemaLookup, SchemaReader, SchemaReaders } from './reader.ts';

/** How often an id that the registry does not know is asked for again: a replica may lag behind a new schema. */
const retriesOfUnknown = 2;
const retryDelay = { firstMs: 100, maxMs: 1_000 } as const;
/**
 * Poison records invent ids without end, and each retry holds up the good records of its partition. So only so many
 * unknown ids are granted their retries in a burst; one more each `patienceMs`. The others are believed unknown at the
 * first answer. `node dev/bench/poison.ts` tells what that costs.
 */
const patience = 3;
const patienceMs = 10_000;
/** How long "unknown" and "unusable" are believed before the registry is asked again, and for how many ids at most. */
const negativeMs = 60_000;
const maxNegatives = 10_000;

/**
 * What becomes of a record whose schema the registry does not know, after the retries: given up, or waited for as if
 * the registry were away. An id that can be none is always given up.
 */
export type UnknownSchema = 'dead_letter' | 'wait';

/** A schema id is a positive 32-bit integer; nothing else is worth asking for. Source: Confluent "Wire format". */
const maxSchemaId = 2 ** 31 - 1;

interface Negative {
  readonly lookup: SchemaLookup;
  readonly until: number;
}

/**
 * Readers by schema id. A schema never changes under its id, so a reader is kept for good; what is missing is
 * believed for a while only; what could not be asked is not kept at all. Of several records that need the same
 * unknown schema, one asks and all share the answer.
 */
export class SchemaLookups implements SchemaReaders {
  readonly #fetch: (schemaId: number) => Promise<SchemaLookup>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #unknown: UnknownSchema;
  readonly #readers = new Map<number, SchemaLookup & { readonly kind: 'reader' }>();
  readonly #negatives = new Map<number, Negative>();
  readonly #pending = new Map<number, Promise<SchemaLookup>>();
  #patience = patience;
  #patienceAt: number;

  /** `fetch` asks once and never rejects. */
  constructor(
    fetch: (schemaId: number) => Promise<SchemaLookup>,
    clock: Clock,
    random: Random = Math.random,
    unknown: UnknownSchema = 'dead_letter',
  ) {
    this.#fetch = fetch;
    this.#clock = clock;
    this.#random = random;
    this.#unknown = unknown;
    this.#patienceAt = clock.now();
  }

  cachedReader(schemaId: number): SchemaReader | null {
    return this.#readers.get(schemaId)?.reader ?? null;
  }

  readerFor(schemaId: number): SchemaLookup | Promise<SchemaLookup> {
    const known = this.#readers.get(schemaId);
    if (known !== undefined) return known;
    if (schemaId < 1 || schemaId > maxSchemaId) return unknownSchema(schemaId);
    const negative = this.#negatives.get(schemaId);
    if (negative !== undefined && negative.until > this.#clock.now()) return negative.lookup;
    let pending = this.#pending.get(schemaId);
    if (pending === undefined) {
      pending = this.#lookUp(schemaId).finally(() => this.#pending.delete(schemaId));
      this.#pending.set(schemaId, pending);
    }
    return pending;
  }

  async #lookUp(schemaId: number): Promise<SchemaLookup> {
    let lookup = await this.#fetch(schemaId);
    if (lookup.kind === 'schema_not_found' && this.#takePatience()) {
      for (let retry = 1; retry <= retriesOfUnknown && lookup.kind === 'schema_not_found'; retry++) {
        await sleep(this.#clock, backoffMs(retry, retryDelay, this.#random));
        lookup = await this.#fetch(schemaId);
      }
    }
    if (lookup.kind === 'schema_not_found' && this.#unknown === 'wait') {
      const error = new RegistryUnavailableError(
        `${lookup.message}; its record waits, as unknown_schema says`,
      );
      return { kind: 'unavailable', error };
    }
    this.#keep(schemaId, lookup);
    return lookup;
  }

  #keep(schemaId: number, lookup: SchemaLookup): void {
    if (lookup.kind === 'unavailable') return;
    this.#negatives.delete(schemaId);
    if (lookup.kind === 'reader') {
      this.#readers.set(schemaId, lookup);
      return;
    }
    this.#negatives.set(schemaId, { lookup, until: this.#clock.now() + negativeMs });
    if (this.#negatives.size <= maxNegatives) return;
    // A Map keeps the order of insertion, so the first is the oldest.
    for (const oldest of this.#negatives.keys()) {
      this.#negatives.delete(oldest);
      break;
    }
  }

  #takePatience(): boolean {
    const earned = Math.floor((this.#clock.now() - this.#patienceAt) / patienceMs);
    if (earned > 0) {
      this.#patience = Math.min(patience, this.#patience + earned);
      this.#patienceAt += earned * patienceMs;
    }
    if (this.#patience === 0) return false;
    this.#patience--;
    return true;
  }
}

export function unknownSchema(schemaId: number): SchemaLookup {
  return { kind: 'schema_not_found', message: `the schema registry does not know schema ${schemaId}` };
}
