import type { CaseReport } from './cases.ts';

/** The outcome of the cases for people: failures with what differs, then what no case covers, then the count. */
export function reportCases(report: CaseReport): string {
  const lines: string[] = [];
  for (const result of report.cases) {
    lines.push(`${result.ok ? 'ok  ' : 'FAIL'} ${result.file}:${result.line} ${result.name}`);
    for (const { path, expected, actual } of result.differences) {
      lines.push(`     ${path}`, `       expected ${expected}`, `       actual   ${actual}`);
    }
  }
  for (const route of report.uncovered) lines.push(`no case expects the route ${route}`);
  const failed = report.cases.filter((result) => !result.ok).length;
  lines.push(
    `${report.cases.length} cases, ${failed} failed, ${report.uncovered.length} routes without a case`,
  );
  return lines.join('\n');
}
