/** The Avro schema of results, beside the sources and in the published package alike. */
export const resultSchemaUrl = new URL('../../schemas/results/dingbus-result.avsc', import.meta.url);

/** The registry's subject for the values of a topic (TopicNameStrategy, what every client looks under by default). */
export function valueSubject(topic: string): string {
  return `${topic}-value`;
}
