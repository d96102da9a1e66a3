import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { JavaServers } from './artifacts.ts';
import { JavaServer } from './java-server.ts';
import type { KeeperClient } from './keeper-client.ts';
import { kafkaSettings } from './kafka-settings.ts';
import { freePort } from './ports.ts';
import { brokerAnswers } from './probes.ts';

/** One Kafka broker that is its own controller (KRaft), not yet started. */
export async function kafkaServer(
  keeper: KeeperClient,
  java: string,
  files: JavaServers,
  options: readonly string[],
): Promise<{ server: JavaServer; brokers: string }> {
  const [port, controllerPort] = [await freePort(), await freePort()];
  const brokers = `127.0.0.1:${port}`;
  const data = join(keeper.folder, 'data', 'kafka');
  mkdirSync(data, { recursive: true });
  cpSync(join(files.kafkaTemplate, 'log'), join(data, 'log'), { recursive: true });
  const properties = join(data, 'server.properties');
  const settings = kafkaSettings({
    listener: brokers,
    advertised: brokers,
    controller: `127.0.0.1:${controllerPort}`,
    logFolder: join(data, 'log'),
  });
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(properties, lines.join(''));
  const server = new JavaServer(keeper, {
    name: 'kafka',
    java,
    args: [
      '-Xmx512m',
      '-XX:+UseSerialGC',
      ...options,
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
      // The broker writes all its settings at every start, 1,300 lines of them.
      '-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn',
      '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaConfig=warn',
      '-cp',
      files.kafkaJars.join(delimiter),
      'kafka.Kafka',
      properties,
    ],
    cwd: data,
    log: join(keeper.folder, 'logs', 'kafka.log'),
    answers: () => brokerAnswers(brokers),
  });
  return { server, brokers };
}
