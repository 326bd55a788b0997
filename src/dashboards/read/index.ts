export { readFieldProperty, readOwnOptions } from './field-options.ts';
export { type DashboardFile, type ReadDashboard, readDashboard } from './read-dashboard.ts';
