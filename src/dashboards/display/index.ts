export { colourOf } from './colours.ts';
export { fieldOptionsReader, type OptionsOf } from './field-options-of.ts';
export { reduceValues } from './reduce.ts';
export { type ShownValue, showValue, stepOf } from './show-value.ts';
