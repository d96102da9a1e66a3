import { spawn, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { javaServers } from '../../dev/stack/artifacts.ts';
import { findJava } from '../../dev/stack/java.ts';
import { kafkaSettings } from '../../dev/stack/kafka-settings.ts';
import { freePort } from '../../dev/stack/ports.ts';
import { until } from './kafka-setup.ts';

const run = promisify(execFile);

/** Who may log in to the secure broker, by any mechanism but a token. */
export const user = { username: 'alice', password: 'secret-of-alice' };
/** How long a SCRAM-SHA-512 session lasts before the client has to authenticate again, ms. */
export const sessionMs = 11_000;

export function certificate(name: string): string {
  return readFileSync(certificatePath(name), 'utf8');
}

function certificatePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/kafka/tls/${name}`, import.meta.url));
}

export interface SecureBroker {
  /** Without TLS and login. */
  readonly plain: string;
  /** Asks for a certificate of the client. */
  readonly mutualTls: string;
  /** TLS with SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER. */
  readonly sasl: string;
  stop(): Promise<void>;
}

/** A broker with TLS and SASL switched on; null where there is no Java to run it (Docker brings none). */
export async function startSecureBroker(): Promise<SecureBroker | null> {
  const java = await findJava(process.env);
  if (java === null) return null;
  const { kafkaJars } = await javaServers(java, () => undefined);
  const folder = mkdtempSync(join(tmpdir(), 'dingbus-secure-kafka-'));
  const ports = {
    plain: await freePort(),
    controller: await freePort(),
    tls: await freePort(),
    sasl: await freePort(),
  };
  const properties = writeSettings(folder, ports);
  const classpath = kafkaJars.join(delimiter);
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${user.username},password=${user.password}]`,
  ]);
  const format = [
    'kafka.tools.StorageTool',
    'format',
    '-t',
    'ZGluZ2J1cy1zZWN1cmUtMQ',
    '-c',
    properties,
    ...users,
  ];
  try {
    await run(java, ['-Xmx128m', '-XX:+UseSerialGC', '-cp', classpath, ...format]);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const log = openSync(join(folder, 'kafka.log'), 'a');
  const child = spawn(java, ['-Xmx400m', '-XX:+UseSerialGC', '-cp', classpath, 'kafka.Kafka', properties], {
    stdio: ['ignore', log, log],
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until('the secure broker listens', () => answers(ports.sasl), 120_000);
  } catch (error) {
    const said = readFileSync(join(folder, 'kafka.log'), 'utf8').slice(-3_000);
    await stop();
    throw new Error(`the secure broker did not start:\n${said}`, { cause: error });
  }
  return {
    plain: `127.0.0.1:${ports.plain}`,
    mutualTls: `127.0.0.1:${ports.tls}`,
    sasl: `127.0.0.1:${ports.sasl}`,
    stop,
  };
}

function writeSettings(
  folder: string,
  ports: Record<'plain' | 'controller' | 'tls' | 'sasl', number>,
): string {
  const keystore = join(folder, 'broker.pem');
  writeFileSync(keystore, certificate('broker.key') + certificate('broker.pem'));
  const data = join(folder, 'log');
  mkdirSync(data);
  const at = (name: string, port: number): string => `${name}://127.0.0.1:${port}`;
  const [plain, controller] = [`127.0.0.1:${ports.plain}`, `127.0.0.1:${ports.controller}`];
  const login = 'org.apache.kafka.common.security';
  const open = `${at('PLAINTEXT', ports.plain)},${at('SSL', ports.tls)},${at('SASL_SSL', ports.sasl)}`;
  const settings: Record<string, string | number | boolean> = {
    ...kafkaSettings({ listener: plain, advertised: plain, controller, logFolder: data }),
    listeners: `${open},${at('CONTROLLER', ports.controller)}`,
    'advertised.listeners': open,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certificatePath('ca.pem'),
    'listener.name.ssl.ssl.client.auth': 'required',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required user_${user.username}="${user.password}";`,
    'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
    'listener.name.sasl_ssl.scram-sha-512.connections.max.reauth.ms': sessionMs,
    'listener.name.sasl_ssl.oauthbearer.sasl.jaas.config': `${login}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  };
  const path = join(folder, 'server.properties');
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(path, lines.join(''));
  return path;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
