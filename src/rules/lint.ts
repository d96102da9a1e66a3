import { exampleOf, fits } from '../base/name-pattern.ts';
import type { Config, RouteConfig, SampleConfig, TemplateConfig } from '../config/config.ts';
import { sortFaults, type Fault, type FaultCode } from '../config/fault.ts';
import type { LineSource, LoadOptions } from '../config/load.ts';
import { readAvroSchemas, type AvroSchemas } from './cel/avro-types.ts';
import { eventFromSample, type EventDefaults } from './event-input.ts';
import { loadRules } from './load-rules.ts';
import type { Rules } from './rules.ts';

/** Everything that is wrong, doubtful or useless in a configuration. */
export interface LintReport {
  /** No fault of severity `error`. */
  readonly ok: boolean;
  readonly faults: readonly Fault[];
  readonly lines: LineSource;
  /** Null when the configuration cannot run. */
  readonly compiled: { readonly config: Config; readonly rules: Rules } | null;
}

/**
 * Reads and compiles the configuration as the service would, and looks further: it renders the samples of templates
 * and looks for routes that no event can reach. Nothing of this ever throws because of what is in the files.
 */
export function lint(options: LoadOptions): LintReport {
  const loaded = loadRules(options);
  if (!loaded.ok) return { ok: false, faults: loaded.faults, lines: loaded.lines, compiled: null };
  const { config, rules, warnings } = loaded;
  const found = [...warnings, ...unreachableRoutes(config), ...failingSamples(config, rules)];
  const faults = sortFaults(found);
  return {
    ok: !faults.some((fault) => fault.severity === 'error'),
    faults,
    lines: config.sources,
    compiled: { config, rules },
  };
}

/** Routes behind one that takes all of their events and stops them. */
function unreachableRoutes(config: Config): readonly Fault[] {
  const enabled = config.routes.filter((route) => route.enabled && !route.fallback);
  return enabled.flatMap((route, index) => {
    const cover = enabled.slice(0, index).find((earlier) => covers(earlier, route));
    if (cover === undefined) return [];
    const position = config.sources.locate(route.source, ['name']);
    const message = `no event reaches the route ${route.name}: ${cover.name} stops all of them`;
    const remedy = `move it before ${cover.name}, or give that route a condition`;
    return [
      { ...position, severity: 'warning' as const, code: 'unreachable_route' as const, message, remedy },
    ];
  });
}

function covers(earlier: RouteConfig, route: RouteConfig): boolean {
  if (!earlier.stop || earlier.when !== null) return false;
  if (!route.on.every((topic) => earlier.on.some((names) => fits(names, topic)))) return false;
  if (earlier.type === null) return true;
  return route.type?.every((type) => earlier.type?.includes(type) ?? false) ?? false;
}

/** An instant for samples that name none: the answer must be the same every day. */
const sampleNow = Date.parse('2026-03-02T09:30:00+08:00');

function failingSamples(config: Config, rules: Rules): readonly Fault[] {
  const schemas = readAvroSchemas(config.eventSchemas);
  const faults: Fault[] = [];
  for (const template of config.templates.values()) {
    for (const [index, sample] of template.samples.entries()) {
      const fault = renderSample(template, sample, index, config, rules, schemas);
      if (fault !== null) faults.push(fault);
    }
  }
  return faults;
}

function renderSample(
  template: TemplateConfig,
  sample: SampleConfig,
  index: number,
  config: Config,
  rules: Rules,
  schemas: AvroSchemas,
): Fault | null {
  const defaults = defaultsFor(template, config);
  const event = eventFromSample(sample.event, sampleNow, schemas, defaults);
  const members = sample.items?.map((item) => eventFromSample(item, sampleNow, schemas, defaults));
  const input = {
    event,
    ...(sample.item === null ? {} : { item: sample.item }),
    ...(members === undefined ? {} : { digest: { key: 'sample', members } }),
  };
  const rendering = rules.render(template.name, input, sampleNow);
  if (rendering.kind !== 'failure') return null;
  const { reason, message } = rendering.failure;
  const code: FaultCode = reason === 'message_too_long' ? 'message_too_long' : 'sample_failed';
  const position = config.sources.locate(template.source, ['samples', index, 'name']);
  const remedy = code === 'message_too_long' ? 'shorten the template, or add on_too_long: truncate' : null;
  return {
    ...position,
    severity: 'error',
    code,
    message: `the sample ${JSON.stringify(sample.name)} gives no message: ${message}`,
    remedy,
  };
}

/** A sample that names no topic or type is one of the first route that uses the template. */
function defaultsFor(template: TemplateConfig, config: Config): EventDefaults {
  const route = config.routes.find(({ template: name, digest }) =>
    [name, digest?.template].some((used) => used === template.name || template.name.startsWith(`${used}.`)),
  );
  return { topic: exampleOf(route?.on[0] ?? 'sample'), type: route?.type?.[0] ?? null };
}
