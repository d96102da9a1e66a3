/**
 * Prints "N passed, N failed" over the unit tests of the checks and all the tests, and fails unless something passed
 * and nothing failed. Arguments: the folder with the reports, the two exit codes, and 1 if servers were left running.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', checkCode, testCode, serversLeft] = process.argv.slice(2);

/** @param {string} name */
function count(name) {
  const path = join(folder, name);
  if (!existsSync(path)) {
    console.log(`There is no ${name}: its tests did not run to their end.`);
    return { passed: 0, failed: 1 };
  }
  const report = JSON.parse(readFileSync(path, 'utf8'));
  // A file that could not even be loaded has no failed test in it, and yet it failed.
  const brokenFiles = report.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === 'failed' &&
      !file.assertionResults.some((/** @type {any} */ test) => test.status === 'failed'),
  ).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles };
}

const checks = count('check.json');
const tests = count('test.json');
const stepsPath = join(folder, 'failed-steps.txt');
const steps = existsSync(stepsPath) ? readFileSync(stepsPath, 'utf8').split('\n').filter(Boolean) : [];
// The unit tests are one of the steps, and their failures are counted one by one already.
checks.failed += steps.filter((step) => step !== 'unit tests').length;
// A run that ended badly without naming a failure (an unhandled error, say) has failed all the same.
if (checkCode !== '0' && checks.failed === 0) checks.failed = 1;
if (testCode !== '0' && tests.failed === 0) tests.failed = 1;

const passed = checks.passed + tests.passed;
const failed = checks.failed + tests.failed + Number(serversLeft === '1');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
