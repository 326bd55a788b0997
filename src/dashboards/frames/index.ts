export {
  type Cell,
  type DataField,
  type DataFrame,
  displayNameOf,
  type FieldType,
  type Labels,
  timeFieldOf,
} from './data-frame.ts';
export { type AnsweredSeries, queryFrames } from './query-frames.ts';
export { reduceField } from './reducers.ts';
