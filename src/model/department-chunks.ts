/** Bounds of one call to departments. */
export interface DepartmentSizes {
  readonly departments: number;
  /** People that one call may reach, departments expanded. */
  readonly people: number;
  readonly departmentSize: (deptId: number) => number;
}

/**
 * Departments in order, as many a call as may go in it by number and by people; a huge one goes alone. Whoever tells
 * beforehand what a message costs must cut exactly as whoever sends it.
 */
export function departmentChunks(deptIds: readonly number[], sizes: DepartmentSizes): number[][] {
  const pieces: number[][] = [];
  let people = 0;
  for (const deptId of deptIds) {
    const size = sizes.departmentSize(deptId);
    const last = pieces.at(-1);
    if (last !== undefined && last.length < sizes.departments && people + size <= sizes.people) {
      last.push(deptId);
      people += size;
    } else {
      pieces.push([deptId]);
      people = size;
    }
  }
  return pieces;
}
