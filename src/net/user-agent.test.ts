import { expect, test } from 'vitest';
import { userAgent } from './user-agent.ts';

test("names the program, its version and the platform, with Go's word for the processor", () => {
  expect(userAgent('1.2.3')).toMatch(/^signalbox\/1\.2\.3 \([a-z0-9]+\/(amd64|arm64|[a-z0-9]+)\)$/);
  expect(userAgent('1.2.3')).not.toContain('x64)');
});
