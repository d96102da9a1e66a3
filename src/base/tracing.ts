import {
  context,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { DingbusError } from './errors.ts';

/**
 * Spans, through OpenTelemetry's API alone: without an SDK in the process all of this does nothing and costs next to
 * nothing. What goes into attributes must be free of secrets, mobile numbers and texts that upstream wrote.
 */
export interface SpanOptions {
  readonly kind: keyof typeof kinds;
  readonly attributes: Attributes;
  /** `traceparent` of what this belongs to; absent = what is under way in this context, null = a trace of its own. */
  readonly parent?: string | null;
  /** `traceparent`s of what else led to this. */
  readonly links?: readonly (string | null)[];
  /** When it began, ms since the epoch; now when absent. */
  readonly startedAt?: number;
}

const kinds = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** More links help nobody, and collectors cut them at this number. Source: OpenTelemetry's default span limits. */
const maxLinks = 128;

/** Resolved at each call to the provider that is registered then, if any. */
const tracer = trace.getTracer('dingbus');

/** False while no SDK is registered: then spans need not even be described. */
export function isTracing(): boolean {
  const provider: object & { getDelegate?: () => object } = trace.getTracerProvider();
  return (provider.getDelegate?.() ?? provider).constructor.name !== 'NoopTracerProvider';
}

const noSpan = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** Does the work in a span; a throw marks the span as failed and goes on. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  if (!isTracing()) return work(noSpan);
  const span = open(name, options);
  try {
    return await context.with(trace.setSpan(context.active(), span), () => work(span));
  } catch (thrown) {
    // The message may quote what must not be shown; the kind of error is enough to find the log line.
    fail(span, thrown instanceof DingbusError ? thrown.code : 'fault');
    throw thrown;
  } finally {
    span.end();
  }
}

/** A span for work that is over, from `startedAt` until now. */
export function recordSpan(name: string, options: SpanOptions): void {
  if (isTracing()) open(name, options).end();
}

/** Marks a span as failed, with a word from a fixed set. */
export function fail(span: Span, word: string): void {
  span.setAttribute('error.type', word);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function open(name: string, { kind, attributes, parent, links, startedAt }: SpanOptions): Span {
  return tracer.startSpan(
    name,
    {
      kind: kinds[kind],
      attributes,
      ...(links === undefined ? {} : { links: linksTo(links) }),
      ...(startedAt === undefined ? {} : { startTime: startedAt }),
    },
    parent === undefined ? context.active() : contextOf(parent),
  );
}

function contextOf(parent: string | null): Context {
  const remote = parent === null ? null : readTraceparent(parent);
  return remote === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote);
}

function linksTo(traceparents: readonly (string | null)[]): Link[] {
  const distinct = new Set(traceparents.filter((each) => each !== null));
  return [...distinct]
    .flatMap((each) => readTraceparent(each) ?? [])
    .slice(0, maxLinks)
    .map((link) => ({ context: link }));
}

/** Version 00, and the beginning of later ones. Source: https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparentPattern =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;

/** Null for anything else: upstream may have put anything into that header. */
export function readTraceparent(text: string): SpanContext | null {
  const [, traceId, spanId, flags] = traceparentPattern.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  const sampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0;
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}
