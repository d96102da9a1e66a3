import { fits, isPattern } from '../base/name-pattern.ts';
import type { NamePattern, TopicSubscription } from '../kafka/source-types.ts';
import type { Active } from './configuration.ts';

/** Names first: a topic's own settings go before those of a pattern. */
export function subscriptions({ config }: Active): TopicSubscription[] {
  const topics = [...config.topics.values()];
  const own = [config.results.topic, config.results.deadLetterTopic];
  return [
    ...topics.filter(({ name }) => !isPattern(name)).map(({ name, start }) => ({ topic: name, start })),
    ...topics
      .filter(({ name }) => isPattern(name))
      .map(({ name, start }) => ({ topic: pattern(name, own), start })),
  ];
}

/** What dingbus writes itself is never read, nor what Kafka and its tools keep for themselves unless it is meant. */
function pattern(names: string, own: readonly string[]): NamePattern {
  const test = (topic: string): boolean =>
    fits(names, topic) && !own.includes(topic) && (!topic.startsWith('_') || names.startsWith('_'));
  return { source: names, test };
}
