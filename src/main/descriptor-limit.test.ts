import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../test/lib/cli.ts';
import { descriptorLimit, descriptorWarning } from './descriptor-limit.ts';

const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${soft}                   64                   files     \n`;

test.each([
  { soft: '64', want: 64 },
  { soft: '1048576', want: 1_048_576 },
  { soft: 'unlimited', want: Number.POSITIVE_INFINITY },
])('the limit is read from the kernel: $soft', ({ soft, want }) => {
  expect(descriptorLimit(limits(soft))).toBe(want);
});

test('too low a limit is said with the cure, others are not', () => {
  const scratch = scratchFolder();
  const path = join(scratch.path, 'limits');
  writeFileSync(path, limits('64'));
  expect(descriptorWarning(path)).toMatch(/^only 64 files .* ulimit -n/);
  writeFileSync(path, limits('4096'));
  expect(descriptorWarning(path)).toBeUndefined();
  expect(descriptorWarning(join(scratch.path, 'nothing'))).toBeUndefined();
  scratch.remove();
});
