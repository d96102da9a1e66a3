import {
  rootDepartment,
  type DirectoryApp,
  type DirectoryData,
  type DirectoryDepartment,
  type DirectoryUser,
} from './directory-data.ts';
import { GeneratedPeople } from './generated-people.ts';

/**
 * The company while it runs. It answers who a mobile number belongs to, who belongs to a department and everything
 * below it, and who an app may write to; all of it can be changed.
 */
export class Directory {
  readonly company: DirectoryData['company'];
  readonly #users = new Map<string, DirectoryUser>();
  readonly #byMobile = new Map<string, string>();
  readonly #departments = new Map<number, DirectoryDepartment>();
  readonly #apps: DirectoryApp[];
  readonly #generated: GeneratedPeople;
  readonly #departed = new Set<string>();
  /** Members by department, sub-departments included; built on demand, dropped at every change. */
  readonly #members = new Map<number, readonly string[]>();
  readonly #memberSets = new Map<number, ReadonlySet<string>>();

  constructor(data: DirectoryData, generate: number) {
    this.company = data.company;
    for (const department of data.departments) this.#departments.set(department.id, department);
    this.#apps = [...data.apps];
    for (const user of data.users) this.putUser(user);
    this.#generated = new GeneratedPeople(generate);
    for (const department of this.#generated.departments()) this.#departments.set(department.id, department);
  }

  apps(): readonly DirectoryApp[] {
    return this.#apps;
  }

  appByKey(appKey: string): DirectoryApp | null {
    return this.#apps.find((app) => app.appKey === appKey) ?? null;
  }

  putApp(app: DirectoryApp): void {
    const at = this.#apps.findIndex((known) => known.appKey === app.appKey);
    if (at < 0) this.#apps.push(app);
    else this.#apps[at] = app;
  }

  departments(): readonly DirectoryDepartment[] {
    return [...this.#departments.values()];
  }

  hasDepartment(id: number): boolean {
    return this.#departments.has(id);
  }

  putDepartment(department: DirectoryDepartment): void {
    this.#departments.set(department.id, department);
    this.#forgetMembers();
  }

  user(userid: string): DirectoryUser | null {
    const listed = this.#users.get(userid);
    if (listed !== undefined) return listed;
    const made = this.#generated.byUserid(userid);
    return made !== null && this.#departed.has(userid) ? { ...made, active: false } : made;
  }

  /** True for a present employee; the quick form of `user(userid)?.active`. */
  isActive(userid: string): boolean {
    const listed = this.#users.get(userid);
    if (listed !== undefined) return listed.active;
    return this.#generated.has(userid) && !this.#departed.has(userid);
  }

  /** The present employee of a mobile number; former ones cannot be found (K63). */
  byMobile(mobile: string): DirectoryUser | null {
    const userid = this.#byMobile.get(mobile) ?? this.#generated.useridOfMobile(mobile);
    const user = userid === null ? null : this.user(userid);
    return user !== null && user.active ? user : null;
  }

  /** Listed people first, in the order of the file; then the generated ones. */
  users(offset = 0, limit = Number.POSITIVE_INFINITY): DirectoryUser[] {
    const listed = [...this.#users.values()].slice(offset, offset + limit);
    const first = Math.max(0, offset - this.#users.size);
    const count = Math.min(limit - listed.length, this.#generated.size - first);
    for (let index = first; index < first + count; index++) {
      const user = this.user(this.#generated.useridAt(index));
      if (user !== null) listed.push(user);
    }
    return listed;
  }

  get size(): number {
    return this.#users.size + this.#generated.size;
  }

  putUser(user: DirectoryUser): void {
    const before = this.#users.get(user.userid);
    if (before !== undefined) this.#byMobile.delete(before.mobile);
    this.#users.set(user.userid, user);
    if (user.mobile !== '') this.#byMobile.set(user.mobile, user.userid);
    this.#forgetMembers();
  }

  /** Marks somebody as gone or as back. False when nobody has this userid. */
  setActive(userid: string, active: boolean): boolean {
    const listed = this.#users.get(userid);
    if (listed !== undefined) this.#users.set(userid, { ...listed, active });
    else if (!this.#generated.has(userid)) return false;
    else if (active) this.#departed.delete(userid);
    else this.#departed.add(userid);
    this.#forgetMembers();
    return true;
  }

  /** Present members of a department and all below it, each once. */
  members(departmentId: number): readonly string[] {
    const known = this.#members.get(departmentId);
    if (known !== undefined) return known;
    const below = this.#withChildren(departmentId);
    const everyone = below.has(rootDepartment);
    const found: string[] = [];
    for (const user of this.#users.values()) {
      if (user.active && (everyone || user.departments.some((id) => below.has(id)))) found.push(user.userid);
    }
    for (const userid of this.#generated.members(below, everyone)) {
      if (!this.#departed.has(userid)) found.push(userid);
    }
    this.#members.set(departmentId, found);
    return found;
  }

  #memberSet(departmentId: number): ReadonlySet<string> {
    const known = this.#memberSets.get(departmentId);
    if (known !== undefined) return known;
    const made = new Set(this.members(departmentId));
    this.#memberSets.set(departmentId, made);
    return made;
  }

  #forgetMembers(): void {
    this.#members.clear();
    this.#memberSets.clear();
  }

  /** Whether an app may write to a person. */
  inScope(app: DirectoryApp, userid: string): boolean {
    if (app.scope === null || app.scope.userids.includes(userid)) return true;
    return app.scope.departments.some((id) => this.#memberSet(id).has(userid));
  }

  departmentInScope(app: DirectoryApp, departmentId: number): boolean {
    if (app.scope === null) return true;
    return app.scope.departments.some((id) => this.#withChildren(id).has(departmentId));
  }

  #withChildren(departmentId: number): Set<number> {
    const children = Map.groupBy(this.#departments.values(), (department) => department.parent);
    const found = new Set([departmentId]);
    // Sets grow while they are walked, so this reaches grandchildren too; a cycle in the data ends by itself.
    for (const parent of found) {
      for (const child of children.get(parent) ?? []) found.add(child.id);
    }
    return found;
  }
}
