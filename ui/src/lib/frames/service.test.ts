import { expect, test } from 'vitest';
import type { ServiceSummary } from '#api/types.ts';
import { servicesByTrouble } from './service.ts';

const service = (
  name: string,
  requestRate: number,
  errorRatio: number,
  sparkP95Ns: (number | null)[],
): ServiceSummary => ({ name, requestRate, errorRatio, sparkP95Ns }) as Partial<ServiceSummary> as ServiceSummary;
const EVEN = [5, 5, 6, 5, 5, 6, 5, 5];

test('services that fail come first, then those that are slower than usual, then the busiest', () => {
  const services = [
    service('busy', 90, 0.004, EVEN),
    service('quiet', 1, 0, EVEN),
    service('slow', 2, 0, [5, 5, 5, 6, 5, 5, 40, 50]),
    service('failing', 3, 0.02, EVEN),
    service('broken', 1, 0.3, EVEN),
    service('failing more', 4, 0.04, EVEN),
    // Once in the past, and no longer.
    service('was slow', 80, 0, [50, 40, 5, 6, 5, 5, 5, 5]),
    service('silent', 0, 0, [null, null]),
  ];
  expect(servicesByTrouble(services).map(({ name }) => name)).toEqual([
    ...['broken', 'failing more', 'failing', 'slow', 'busy', 'was slow', 'quiet', 'silent'],
  ]);
});
