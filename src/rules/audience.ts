import type { AudienceConfig, Config, ListConfig } from '../config/config.ts';
import type { SourceRef } from '../config/source-ref.ts';
import { suggest } from '../config/suggest.ts';
import { Mobile } from '../base/sensitive.ts';
import type { Audience } from '../model/plan.ts';
import type { Budget } from './cel/budget.ts';
import type { CelVariable } from './cel/environment.ts';
import type { Expression } from './cel/expression.ts';
import type { CompileContext, RouteTypes } from './compile-context.ts';
import type { Origin } from './explanation.ts';
import type { ResolvedGroup } from './groups.ts';
import type { LiquidEngine, LiquidTemplate } from './liquid/engine.ts';
import type { RouteRenderBudget } from './liquid/limits.ts';
import { containsLiquid } from '../config/words.ts';
import { normaliseMobile } from './recipients.ts';

type Kind = 'mobiles' | 'userids' | 'dept_id_list' | 'groups';

/** One entry of a list in `to`. */
type Item =
  | { readonly kind: 'literal'; readonly value: string; readonly from: string }
  | { readonly kind: 'liquid'; readonly template: LiquidTemplate; readonly from: string };

type CompiledList =
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly from: string };

export interface CompiledAudience {
  readonly lists: Readonly<Record<Kind, CompiledList>>;
  readonly everyone: boolean;
  readonly groups: ReadonlyMap<string, ResolvedGroup>;
  readonly departmentSize: (id: number) => number;
  readonly companySize: number;
}

export interface ComputedAudience {
  readonly audience: Audience;
  readonly people: number;
  readonly origins: readonly Origin[];
}

export type AudienceResult =
  ({ readonly ok: true } & ComputedAudience) | { readonly ok: false; readonly message: string };

/** What the evaluation of an audience needs of its event. */
export interface AudienceScope {
  readonly cel: Readonly<Record<string, unknown>>;
  readonly liquid: object;
  readonly nowMs: number;
  readonly celBudget: Budget;
  readonly renderBudget: RouteRenderBudget;
}

export const nobody: Audience = { userids: [], mobiles: [], deptIds: [], everyone: false };

export function compileAudience(
  to: AudienceConfig,
  app: string,
  variables: readonly CelVariable[],
  types: RouteTypes,
  groups: ReadonlyMap<string, ResolvedGroup>,
  ref: SourceRef,
  context: CompileContext,
): CompiledAudience {
  const compile = (kind: Kind, list: ListConfig<string | number>): CompiledList =>
    compileList(kind, list, variables, types, ref, context);
  return {
    lists: {
      mobiles: compile('mobiles', to.mobiles),
      userids: compile('userids', to.userids),
      dept_id_list: compile('dept_id_list', to.deptIds),
      groups: compile('groups', to.groups),
    },
    everyone: to.toAllUser,
    groups,
    ...sizesOf(context.config, app),
  };
}

function sizesOf(config: Config, app: string): Pick<CompiledAudience, 'departmentSize' | 'companySize'> {
  const found = config.dingtalk.apps.get(app);
  return {
    departmentSize: (id) => found?.departmentSizes.get(id) ?? found?.defaultDepartmentSize ?? 0,
    companySize: found?.companySize ?? 0,
  };
}

function compileList(
  kind: Kind,
  list: ListConfig<string | number>,
  variables: readonly CelVariable[],
  types: RouteTypes,
  ref: SourceRef,
  context: CompileContext,
): CompiledList {
  const path = ['to', kind];
  if (!Array.isArray(list)) {
    const source = (list as { from: string }).from;
    const expression = context.expression(source, 'list', variables, types, ref, [...path, 'from']);
    return expression === null
      ? { kind: 'items', items: [] }
      : { kind: 'expression', expression, from: `to.${kind}` };
  }
  const items = (list as readonly (string | number)[]).flatMap((value, index): Item[] => {
    const text = String(value);
    const from = `to.${kind}[${index}]`;
    if (!containsLiquid(text)) return [{ kind: 'literal', value: text, from }];
    const template = context.template(text, 'plain', variables, types, ref, [...path, index]);
    return template === null ? [] : [{ kind: 'liquid', template, from }];
  });
  return { kind: 'items', items };
}

/** The recipients for one event: without blanks and repeats, groups resolved, mobiles in one form. */
export function computeAudience(
  compiled: CompiledAudience,
  scope: AudienceScope,
  liquid: LiquidEngine,
): AudienceResult {
  if (compiled.everyone) {
    const origins: Origin[] = [{ kind: 'everyone', value: 'everyone', from: 'to.to_all_user' }];
    const audience = { ...nobody, everyone: true };
    return { ok: true, audience, people: compiled.companySize, origins };
  }
  const collector = new Collector(compiled);
  for (const kind of ['mobiles', 'userids', 'dept_id_list', 'groups'] as const) {
    const values = valuesOf(kind, compiled.lists[kind], scope, liquid);
    if (typeof values === 'string') return { ok: false, message: values };
    for (const { value, from } of values) {
      const problem = collector.add(kind, value, from);
      if (problem !== null) return { ok: false, message: `${from}: ${problem}` };
    }
  }
  return { ok: true, ...collector.result() };
}

interface Value {
  readonly value: string;
  readonly from: string;
}

/** The texts of one list, or what went wrong. */
function valuesOf(
  kind: Kind,
  list: CompiledList,
  scope: AudienceScope,
  liquid: LiquidEngine,
): readonly Value[] | string {
  if (list.kind === 'items') {
    const values: Value[] = [];
    for (const item of list.items) {
      if (item.kind === 'literal') values.push({ value: item.value, from: item.from });
      else {
        const rendering = liquid.render(item.template, scope.liquid, scope.nowMs, scope.renderBudget);
        if (!rendering.ok) return `${item.from}: ${rendering.message}`;
        values.push({ value: rendering.text, from: item.from });
      }
    }
    return values;
  }
  const result = list.expression.evaluate(scope.cel, scope.celBudget);
  if (!result.ok) return `${list.from}: ${result.message}`;
  if (result.value === null) return [];
  if (!Array.isArray(result.value)) return `${list.from}: the expression gives no list`;
  const values: Value[] = [];
  for (const found of result.value as unknown[]) {
    if (found === null || found === undefined) continue;
    if (typeof found !== 'string' && typeof found !== 'bigint') {
      return `${list.from}: the list for ${kind} holds something that is neither text nor whole number`;
    }
    values.push({ value: String(found), from: list.from });
  }
  return values;
}

const maxLength = 128;

class Collector {
  readonly #compiled: CompiledAudience;
  readonly #userids = new Set<string>();
  readonly #mobiles = new Set<string>();
  readonly #deptIds = new Set<number>();
  readonly #origins: Origin[] = [];

  constructor(compiled: CompiledAudience) {
    this.#compiled = compiled;
  }

  /** Takes one recipient; tells what is wrong with it, without quoting it. */
  add(kind: Kind, raw: string, from: string): string | null {
    const value = raw.trim();
    if (value === '') return null;
    if (value.length > maxLength) return `a recipient has more than ${maxLength} characters`;
    switch (kind) {
      case 'mobiles':
        this.#mobile(value, from);
        return null;
      case 'userids':
        if (/[\s,]/.test(value)) return 'a userid holds white space or a comma';
        this.#userid(value, from);
        return null;
      case 'dept_id_list':
        if (!/^[1-9]\d{0,15}$/.test(value) || !Number.isSafeInteger(Number(value))) {
          return 'a department id is not a whole number';
        }
        this.#department(Number(value), from);
        return null;
      case 'groups':
        return this.#group(value);
    }
  }

  result(): ComputedAudience {
    const deptIds = [...this.#deptIds];
    const audience: Audience = {
      userids: [...this.#userids],
      mobiles: [...this.#mobiles].map((mobile) => new Mobile(mobile)),
      deptIds,
      everyone: false,
    };
    const inDepartments = deptIds.reduce((sum, id) => sum + this.#compiled.departmentSize(id), 0);
    return {
      audience,
      people: audience.userids.length + audience.mobiles.length + inDepartments,
      origins: this.#origins,
    };
  }

  #mobile(value: string, from: string): void {
    const mobile = normaliseMobile(value);
    if (mobile === '' || this.#mobiles.has(mobile)) return;
    this.#mobiles.add(mobile);
    this.#origins.push({ kind: 'mobile', value: String(new Mobile(mobile)), from });
  }

  #userid(value: string, from: string): void {
    if (this.#userids.has(value)) return;
    this.#userids.add(value);
    this.#origins.push({ kind: 'userid', value, from });
  }

  #department(id: number, from: string): void {
    if (this.#deptIds.has(id)) return;
    this.#deptIds.add(id);
    this.#origins.push({ kind: 'department', value: String(id), from });
  }

  #group(name: string): string | null {
    const group = this.#compiled.groups.get(name);
    if (group === undefined) {
      const meant = suggest(name, this.#compiled.groups.keys());
      return `there is no group of this name${meant === null ? '' : `; did you mean ${meant}?`}`;
    }
    for (const mobile of group.mobiles) this.#mobile(mobile, `group ${name}`);
    for (const userid of group.userids) this.#userid(userid, `group ${name}`);
    for (const id of group.deptIds) this.#department(id, `group ${name}`);
    return null;
  }
}
