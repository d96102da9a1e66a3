import type { AudienceConfig, ListConfig, QuietHoursConfig, RouteConfig, SignalConfig, UpdateSignalConfig } from './config.ts';
import type { SourceRef } from './source-ref.ts';
import type { LoaderContext } from './loader-context.ts';
import { messageOf } from './normalise-message.ts';
import { dayNames, type RouteKeys } from './schema-route.ts';

/** Fills in what the definition of a route cannot, and reports what several of its keys together have wrong. */
export function routeOf(
  route: RouteKeys,
  source: SourceRef,
  timeZone: string,
  context: LoaderContext,
): RouteConfig {
  const message =
    route.message === undefined
      ? null
      : messageOf(
          route.message,
          { file: source.file, path: pathOf(source, 'message', context), defaults: null },
          context,
        );
  const isDigest = route.digest?.template !== undefined;
  if (route.template === undefined && route.message === undefined && !isDigest) {
    const remedy = 'add `template: name`, or `message:`';
    context.report(source, [], 'missing_key', `route ${route.name} has no template`, remedy);
  }
  if (route.template !== undefined && route.message !== undefined) {
    const text = `route ${route.name} has both template and message`;
    context.report(source, ['message'], 'conflict', text, 'keep one of them');
  }
  const normalised: RouteConfig = {
    name: route.name,
    on: route.on,
    type: route.type ?? null,
    when: route.when ?? null,
    forEach: route.for_each ?? null,
    to: audienceOf(route, source, context),
    template: route.template ?? null,
    message,
    locale: route.locale ?? null,
    app: route.app,
    dedupe: route.dedupe === undefined ? null : { key: route.dedupe.key, windowMs: route.dedupe.window },
    throttle:
      route.throttle === undefined
        ? null
        : { key: route.throttle.key, limit: route.throttle.limit, windowMs: route.throttle.window },
    quietHours: quietHoursOf(route.quiet_hours, source, timeZone, context),
    digest:
      route.digest === undefined
        ? null
        : {
            key: route.digest.key,
            windowMs: route.digest.window,
            max: route.digest.max,
            template: route.digest.template ?? null,
          },
    expiresAfterMs: route.expires_after ?? null,
    overLimit: route.over_limit,
    onUnknown: route.to.to_all_user === true ? 'hold' : route.on_unknown,
    sameContent: route.same_content,
    maxRecipients: route.max_recipients,
    track: route.track,
    priority: route.priority,
    correlation: route.correlation ?? null,
    recallOn: (route.recall_on ?? []).map(signalOf),
    updateOn: (route.update_on ?? []).map(updateOf),
    stop: route.stop,
    fallback: route.fallback,
    enabled: route.enabled,
    description: route.description ?? null,
    source,
  };
  checkRoute(normalised, context);
  return normalised;
}

/** Where a key of the route stands: in the route itself, or in the defaults that supplied it. */
function pathOf(source: SourceRef, key: string, context: LoaderContext): SourceRef['path'] {
  const own = context.sources.has(source.file, [...source.path, key]);
  return own || source.defaults === null ? [...source.path, key] : [...source.defaults, key];
}

type Keys<K extends keyof RouteKeys> = NonNullable<RouteKeys[K]>;

function audienceOf(route: RouteKeys, source: SourceRef, context: LoaderContext): AudienceConfig {
  const to = route.to;
  const lists = {
    mobiles: listOf(to.mobiles),
    userids: listOf(to.userids),
    deptIds: listOf<string | number>(to.dept_id_list),
    groups: listOf(to.groups),
  };
  const toAllUser = to.to_all_user === true;
  const named = Object.values(lists).some((list) => !Array.isArray(list) || list.length > 0);
  if (toAllUser && named) {
    context.report(
      source,
      ['to', 'to_all_user'],
      'conflict',
      'to_all_user stands alone',
      'remove the others',
    );
  }
  if (!toAllUser && !named) {
    const remedy = 'name mobiles, userids, dept_id_list, groups, or to_all_user: true';
    context.report(source, ['to'], 'missing_key', `route ${route.name} tells nobody`, remedy);
  }
  return { ...lists, toAllUser };
}

function listOf<T>(list: readonly T[] | { readonly from: string } | undefined): ListConfig<T> {
  return list ?? [];
}

const dayMinutes = 24 * 60;

function quietHoursOf(
  quiet: Keys<'quiet_hours'> | undefined,
  source: SourceRef,
  timeZone: string,
  context: LoaderContext,
): QuietHoursConfig | null {
  if (quiet === undefined) return null;
  const path = ['quiet_hours'];
  if ((quiet.from === undefined) !== (quiet.to === undefined)) {
    context.report(source, path, 'conflict', 'from and to belong together');
  }
  if (quiet.from !== undefined && quiet.from === quiet.to) {
    const remedy = 'for whole days use weekends or holidays';
    context.report(source, [...path, 'to'], 'wrong_value', 'from and to are the same', remedy);
  }
  const wholeDay = quiet.from === 0 && quiet.to === dayMinutes;
  if (wholeDay && (quiet.weekdays === undefined || new Set(quiet.weekdays).size === dayNames.length)) {
    const remedy = 'leave some hours or some weekdays out';
    context.report(source, [...path, 'to'], 'wrong_value', 'the quiet hours never end', remedy);
  }
  if (quiet.from === undefined && quiet.weekends === undefined && quiet.holidays === undefined) {
    const remedy = 'give from and to, weekends, or holidays';
    context.report(source, path, 'missing_key', 'quiet_hours names no time', remedy);
  }
  const dayNumber = (name: (typeof dayNames)[number]): number => dayNames.indexOf(name);
  return {
    fromMinute: quiet.from ?? 0,
    toMinute: quiet.to ?? 0,
    nightly: quiet.from !== undefined && quiet.to !== undefined,
    timeZone: quiet.time_zone ?? timeZone,
    action: quiet.action,
    days: quiet.weekdays?.map(dayNumber) ?? null,
    quietDays: (quiet.weekends ?? []).map(dayNumber),
    holidays: quiet.holidays ?? [],
  };
}

function signalOf(signal: Keys<'recall_on'>[number]): SignalConfig {
  return { on: signal.on ?? null, type: signal.type, when: signal.when ?? null, key: signal.key };
}

function updateOf(update: Keys<'update_on'>[number]): UpdateSignalConfig {
  return { ...signalOf(update), statusValue: update.status_value, statusBg: update.status_bg ?? null };
}

/** What only several keys together show. */
function checkRoute(route: RouteConfig, context: LoaderContext): void {
  const { source } = route;
  if (route.correlation === null && (route.recallOn.length > 0 || route.updateOn.length > 0)) {
    const key = route.recallOn.length > 0 ? 'recall_on' : 'update_on';
    const remedy = 'add correlation: the expression that tells what later events refer to';
    context.report(source, [key], 'missing_key', `${key} needs correlation`, remedy);
  }
  if (route.updateOn.length > 0 && route.message !== null && route.message.type !== 'oa') {
    const message = `update_on changes the status bar of an oa message, and this is ${route.message.type}`;
    context.report(source, ['update_on'], 'conflict', message);
  }
  if (route.digest !== null && route.forEach !== null) {
    const message = 'a digest collects whole events, and for_each takes them apart';
    context.report(source, ['digest'], 'conflict', message, 'write a route for each of the two');
  }
  if (route.digest !== null && route.to.toAllUser) {
    const message = 'a digest cannot go to everyone';
    context.report(source, ['digest'], 'conflict', message, 'name who is told');
  }
  if (route.digest !== null && (route.recallOn.length > 0 || route.updateOn.length > 0)) {
    const message = 'what is part of a digest can be neither recalled nor updated';
    context.report(source, ['digest'], 'conflict', message);
  }
}
