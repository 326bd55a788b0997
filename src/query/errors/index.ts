export { type ErrorFilter, readErrorGroups } from './error-groups.ts';
