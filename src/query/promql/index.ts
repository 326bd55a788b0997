export { EvaluationTrace, hasNoData, type NoDataReason, whyNoData } from './absence/index.ts';
export { QueryNames } from './aliases/index.ts';
export { Annotations } from './annotations.ts';
export { type EngineOptions, SamplePool } from './evaluation.ts';
export { Explanation } from './explanation.ts';
export * from './histogram/index.ts';
export { type NewestSample, newestSamples } from './instant.ts';
export { compareLabels, Labels } from './labels.ts';
export { labelsHash64 } from './labels-hash.ts';
export { FLOAT, type Grid, HISTOGRAM, histogramAt, PromqlExecutionError, type StepSeries, timeAt } from './matrix.ts';
export { MemorySource } from './memory-source.ts';
export { readSequence, readSeries, type SequenceValue } from './notation.ts';
export {
  DEFAULT_OPTIONS,
  type PromqlAnswer,
  type PromqlQuery,
  queryInstant,
  queryRange,
  rangeMistake,
} from './query.ts';
export type {
  FloatSamples,
  HistogramSamples,
  SampleSource,
  Selection,
  StoredSeries,
  WindowAnswer,
  WindowRequest,
} from './source.ts';
export {
  listExemplars,
  listLabels,
  listLabelValues,
  listMetadata,
  listSeries,
  type MetricMetadata,
} from './store/catalog.ts';
export { type StorePlan, StoreSource } from './store/store-source.ts';
export type { QueryTimes } from './timing.ts';
