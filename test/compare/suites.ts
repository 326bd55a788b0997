import { attributesSuite } from './cases/attributes.ts';
import { debugSuite } from './cases/debug.ts';
import { tailSamplingSuite } from './cases/tail-sampling.ts';
import type { CompareSuite } from './lib/cases.ts';

/** Everything that is compared. */
export const SUITES: readonly CompareSuite[] = [attributesSuite, debugSuite, tailSamplingSuite];
