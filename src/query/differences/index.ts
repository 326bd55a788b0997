export { type DifferenceQuestion, readDifferences, type SpanSelection } from './differences.ts';
