import { rootDepartment, type DirectoryDepartment, type DirectoryUser } from './directory-data.ts';

/** Generated departments have ids from here on; each holds up to `peoplePerDepartment`. */
const firstDepartment = 900_000;
const peoplePerDepartment = 50;
/** Mobiles 16600000000 + n: a number range that the built-in company does not use. */
const firstMobile = 16_600_000_000;
const useridPattern = /^load(0|[1-9]\d{0,7})$/;

/**
 * Made-up people for load tests, computed and never stored: person n has userid `load<n>`, mobile 16600000000 + n and
 * sits in department 900000 + n / 50.
 */
export class GeneratedPeople {
  readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  has(userid: string): boolean {
    return this.size > 0 && this.#indexOf(userid) >= 0;
  }

  useridAt(index: number): string {
    return `load${index}`;
  }

  byUserid(userid: string): DirectoryUser | null {
    const index = this.#indexOf(userid);
    if (index < 0) return null;
    return {
      userid,
      name: `压测员工 ${index}`,
      mobile: String(firstMobile + index),
      departments: [firstDepartment + Math.floor(index / peoplePerDepartment)],
      active: true,
      title: '压测',
    };
  }

  useridOfMobile(mobile: string): string | null {
    const index = Number(mobile) - firstMobile;
    return mobile.length === 11 && Number.isInteger(index) && index >= 0 && index < this.size
      ? this.useridAt(index)
      : null;
  }

  departments(): DirectoryDepartment[] {
    return Array.from({ length: Math.ceil(this.size / peoplePerDepartment) }, (_, index) => ({
      id: firstDepartment + index,
      name: `压测 ${index + 1} 组`,
      parent: rootDepartment,
    }));
  }

  /** The userids of these departments, or of all. */
  *members(departments: ReadonlySet<number>, everyone: boolean): Generator<string> {
    if (everyone) {
      for (let index = 0; index < this.size; index++) yield this.useridAt(index);
      return;
    }
    for (const id of departments) {
      const first = (id - firstDepartment) * peoplePerDepartment;
      if (first < 0) continue;
      const end = Math.min(first + peoplePerDepartment, this.size);
      for (let index = first; index < end; index++) yield this.useridAt(index);
    }
  }

  #indexOf(userid: string): number {
    if (!userid.startsWith('load') || !useridPattern.test(userid)) return -1;
    const index = Number(userid.slice(4));
    return index < this.size ? index : -1;
  }
}
