export { Annotations } from './annotations.ts';
export type { EngineOptions } from './evaluation.ts';
export * from './histogram/index.ts';
export { type NewestSample, newestSamples } from './instant.ts';
export { compareLabels, Labels } from './labels.ts';
export { FLOAT, type Grid, HISTOGRAM, histogramAt, PromqlExecutionError, type StepSeries, timeAt } from './matrix.ts';
export { DEFAULT_OPTIONS, type PromqlAnswer, type PromqlQuery, queryInstant, queryRange } from './query.ts';
export type { FloatSamples, HistogramSamples, SampleSource, Selection, StoredSeries } from './source.ts';
export {
  listExemplars,
  listLabels,
  listLabelValues,
  listMetadata,
  listSeries,
  type MetricMetadata,
} from './store/catalog.ts';
export { StoreSource } from './store/store-source.ts';
export type { QueryTimes } from './timing.ts';
