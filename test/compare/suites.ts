import { attributesSuite } from './cases/attributes.ts';
import { countSuite } from './cases/count.ts';
import { debugSuite } from './cases/debug.ts';
import { exceptionsSuite } from './cases/exceptions.ts';
import { k8sAttributesSuite } from './cases/k8s-attributes.ts';
import { convertersSuite } from './cases/ottl-converters.ts';
import { editorsSuite } from './cases/ottl-editors.ts';
import { languageSuite } from './cases/ottl-language.ts';
import { pathsSuite } from './cases/ottl-paths.ts';
import { redactionSuite } from './cases/redaction.ts';
import { routingSuite } from './cases/routing.ts';
import { serviceGraphSuite } from './cases/service-graph.ts';
import { spanSuite } from './cases/span.ts';
import { spanMetricsSuite } from './cases/span-metrics.ts';
import { tailSamplingSuite } from './cases/tail-sampling.ts';
import type { CompareSuite } from './lib/cases.ts';

/** Everything that is compared. */
export const SUITES: readonly CompareSuite[] = [
  attributesSuite,
  countSuite,
  debugSuite,
  exceptionsSuite,
  k8sAttributesSuite,
  redactionSuite,
  routingSuite,
  serviceGraphSuite,
  spanSuite,
  spanMetricsSuite,
  tailSamplingSuite,
  convertersSuite,
  editorsSuite,
  pathsSuite,
  languageSuite,
];
