export { histogramsOf, type RowSeries } from './kept-histograms.ts';
export { keptShare, numbersOf } from './kept-numbers.ts';
