import { attributesSuite } from './cases/attributes.ts';
import { countSuite } from './cases/count.ts';
import { cumulativeToDeltaSuite } from './cases/cumulative-to-delta.ts';
import { debugSuite } from './cases/debug.ts';
import { deltaToCumulativeSuite } from './cases/delta-to-cumulative.ts';
import { exceptionsSuite } from './cases/exceptions.ts';
import { filterSuite } from './cases/filter.ts';
import { groupByAttrsSuite } from './cases/groupbyattrs.ts';
import { intervalSuite } from './cases/interval.ts';
import { k8sAttributesSuite } from './cases/k8s-attributes.ts';
import { metricsTransformSuite } from './cases/metrics-transform.ts';
import { convertersSuite } from './cases/ottl-converters.ts';
import { editorsSuite } from './cases/ottl-editors.ts';
import { languageSuite } from './cases/ottl-language.ts';
import { pathsSuite } from './cases/ottl-paths.ts';
import { xmlSuite } from './cases/ottl-xml.ts';
import { probabilisticSamplerSuite } from './cases/probabilistic-sampler.ts';
import { redactionSuite } from './cases/redaction.ts';
import { resourceSuite } from './cases/resource.ts';
import { routingSuite } from './cases/routing.ts';
import { serviceGraphSuite } from './cases/service-graph.ts';
import { spanSuite } from './cases/span.ts';
import { spanMetricsSuite } from './cases/span-metrics.ts';
import { tailSamplingSuite } from './cases/tail-sampling.ts';
import { transformFunctionsSuite } from './cases/transform-functions.ts';
import type { CompareSuite } from './lib/cases.ts';

/** Everything that is compared. */
export const SUITES: readonly CompareSuite[] = [
  attributesSuite,
  countSuite,
  cumulativeToDeltaSuite,
  debugSuite,
  deltaToCumulativeSuite,
  exceptionsSuite,
  filterSuite,
  groupByAttrsSuite,
  intervalSuite,
  k8sAttributesSuite,
  metricsTransformSuite,
  probabilisticSamplerSuite,
  redactionSuite,
  resourceSuite,
  routingSuite,
  serviceGraphSuite,
  spanSuite,
  spanMetricsSuite,
  tailSamplingSuite,
  convertersSuite,
  editorsSuite,
  pathsSuite,
  languageSuite,
  xmlSuite,
  transformFunctionsSuite,
];
