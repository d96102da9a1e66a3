import { trace } from '@opentelemetry/api';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What OpenTelemetry's specification names as ways to ask for an exporter of traces. */
const asking = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER'];
const sdkPackage = '@opentelemetry/sdk-node';

/** The part of the SDK that is used; the package itself is optional and not there when this is compiled. */
interface Sdk {
  readonly NodeSDK: new (settings: { serviceName: string }) => {
    start(): void;
    shutdown(): Promise<void>;
  };
}

/**
 * Starts OpenTelemetry's SDK when the environment asks for traces and nobody has started one already (with
 * `--import`). Without the package the service runs on without traces and says what is missing.
 *
 * @returns what ends it, so that the last spans are exported.
 */
export async function startTelemetry(
  env: Environment,
  logger: Logger,
  load: (name: string) => Promise<unknown> = (name) => import(name),
): Promise<() => Promise<void>> {
  const nothing = (): Promise<void> => Promise.resolve();
  const by = asking.find((name) => (env[name] ?? '') !== '');
  if (by === undefined || env['OTEL_TRACES_EXPORTER'] === 'none' || env['OTEL_SDK_DISABLED'] === 'true')
    return nothing;
  if (isRegistered()) {
    logger.info({}, 'traces go through the OpenTelemetry SDK that is registered already');
    return nothing;
  }
  let sdk: InstanceType<Sdk['NodeSDK']>;
  try {
    const { NodeSDK } = (await load(sdkPackage)) as Sdk;
    sdk = new NodeSDK({ serviceName: env['OTEL_SERVICE_NAME'] ?? 'dingbus' });
    sdk.start();
  } catch (thrown) {
    logger.warn(
      { variable: by, error: messageOf(thrown) },
      'traces are asked for, but @opentelemetry/sdk-node cannot be loaded: npm install @opentelemetry/sdk-node',
    );
    return nothing;
  }
  logger.info({ variable: by }, 'traces are exported');
  return async () => {
    try {
      await sdk.shutdown();
    } catch (thrown) {
      logger.warn({ error: messageOf(thrown) }, 'the last traces could not be exported');
    }
  };
}

/** Without an SDK the API's spans have no identity. */
function isRegistered(): boolean {
  const span = trace.getTracer('dingbus').startSpan('is anybody there');
  span.end();
  return trace.isSpanContextValid(span.spanContext());
}
