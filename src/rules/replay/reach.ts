import { shortHash } from '../../base/ids.ts';
import type { Audience } from '../../model/plan.ts';

/** Different people beyond which they are only counted further, not told apart any more. */
const mostPeople = 200_000;

/** Who would be told at all. A person who is named both by userid and by mobile counts twice: nobody is looked up. */
export class Reach {
  /** Hashes of names and numbers. */
  readonly #people = new Set<number>();
  readonly #departments = new Map<number, number>();
  #everyone = 0;

  add(audience: Audience, people: number, departmentSize: (id: number) => number): void {
    if (audience.everyone) this.#everyone = Math.max(this.#everyone, people);
    for (const id of audience.deptIds) this.#departments.set(id, departmentSize(id));
    if (this.isFull) return;
    for (const userid of audience.userids) this.#people.add(shortHash(userid));
    for (const mobile of audience.mobiles) this.#people.add(shortHash(`+${mobile.reveal()}`));
  }

  /** Departments and everyone by their configured size; people in several of them count once for each. */
  get people(): number {
    const inDepartments = [...this.#departments.values()].reduce((sum, size) => sum + size, 0);
    return Math.max(this.#everyone, this.#people.size + inDepartments);
  }

  get isFull(): boolean {
    return this.#people.size >= mostPeople;
  }
}
