// A reporter of Vitest: what was thrown outside of any test, of which the JSON report says nothing. UNHANDLED_ERRORS names the file.
import { writeFileSync } from 'node:fs';

export default class UnhandledErrors {
  onTestRunEnd(_modules, errors) {
    const failures = errors.map(({ name, message, VITEST_TEST_PATH: file }) => ({
      file: file ?? '',
      name: 'an error outside of any test',
      message: `${name}: ${message}`,
    }));
    writeFileSync(process.env.UNHANDLED_ERRORS, JSON.stringify(failures));
  }
}
