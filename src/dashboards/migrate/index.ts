export { mappingsOf } from './mappings.ts';
export { GRID_COLUMNS, migrateDashboard, NEWEST_SCHEMA } from './migrate.ts';
