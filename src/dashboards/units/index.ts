export { formatUnit } from './format-unit.ts';
