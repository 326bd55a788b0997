export { added, addedExactly, type HistogramSum, IncompatibleHistograms, subtracted } from './add.ts';
export { type Buckets, bucketsFrom, NO_BUCKETS } from './buckets.ts';
export * from './histogram.ts';
export { printHistogram } from './print.ts';
export { type Estimate, histogramFraction, histogramQuantile, histogramVariance } from './quantile.ts';
export { isReset } from './reset.ts';
export { trimmed } from './trim.ts';
