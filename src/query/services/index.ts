export { readDependencies } from './dependencies.ts';
export { readNeighbours, readServiceEdges } from './service-edges.ts';
export { listNamesInRange, listServiceNames } from './service-names.ts';
export { listOperations, listServices, MAX_SERVICES, readService } from './services.ts';
export { readSpanMetrics, type SpanMetricsGroup } from './span-metrics.ts';
