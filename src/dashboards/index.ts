export { type BuiltinDashboard, builtinDashboards } from './builtin/index.ts';
export * from './display/index.ts';
export { printDashboard } from './export.ts';
export * from './frames/index.ts';
export {
  DEFAULT_SCRAPE_INTERVAL_MS,
  intervalOf,
  parseInterval,
  printInterval,
  queryIntervals,
  roundInterval,
} from './interval.ts';
export { isObject, type JsonObject, type JsonValue, numberOf, objectOf, objectsOf, textOf } from './json.ts';
export * from './model.ts';
export { type PanelPlan, type PanelQuery, planPanel } from './panel-queries.ts';
export { DashboardError, type DashboardProblem, describeProblem } from './problem.ts';
export { type DashboardFile, type ReadDashboard, readDashboard } from './read/index.ts';
export { type PlacedPanel, type PlacedRow, placeRows } from './repeats.ts';
export { type AnsweredBy, answeredBy, OWN_SOURCES, type SourceKind } from './sources.ts';
export type { TimeSpan } from './time-span.ts';
export type { TraceQuestion } from './trace-question.ts';
export * from './transform/index.ts';
export { formatUnit } from './units/index.ts';
export * from './variables/index.ts';
