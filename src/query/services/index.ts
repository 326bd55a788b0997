export { CallCounter } from './call-counter.ts';
export { readDependencies } from './dependencies.ts';
export { readNeighbours, readServiceEdges, type ServiceEdge } from './service-edges.ts';
export { readServiceMap } from './service-map.ts';
export { listNamesInRange, listPeerNames, listServiceNames } from './service-names.ts';
export { listOperations, listServices, MAX_SERVICES, readService } from './services.ts';
export { readSpanMetrics, type SpanMetricsGroup } from './span-metrics.ts';
