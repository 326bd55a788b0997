export {
  areAttributesWithin,
  areTextsWithin,
  CUT_EARLY,
  cutAttributes,
  cutAttributesSize,
  cutAttributesText,
  cutAttributesTexts,
  cutSize,
  cutText,
  type ItemLimits,
  LIST_ITEM,
  MAX_UNCUT_BYTES,
  readPlainOrCut,
  shortName,
  shownAttributes,
  UNCUT_ITEM,
  uncutAttributes,
  WHOLE_ITEM,
  withinBudget,
} from './cut.ts';
export { innerJoin, type JoinKeys, leftJoin } from './join.ts';
export { nearestTime } from './nearest.ts';
export { type Owners, readResources, readScopes, type StoredResource, type StoredScope } from './owners.ts';
export { type Bucket, bucketQuantile, explicitBuckets, exponentialBuckets } from './quantile.ts';
export {
  bucketOf,
  checkRange,
  chooseGrid,
  coveredSeconds,
  gridOf,
  MAX_BUCKETS,
  spread,
  spreadCounts,
} from './time-grid.ts';
