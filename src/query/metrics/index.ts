export { AGGREGATIONS } from './metric-lines.ts';
export { queryMetric } from './metric-query.ts';
export { listMetricLabels, listMetrics } from './metrics.ts';
