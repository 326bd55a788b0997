export { applyTransformations, type Transformed } from './apply.ts';
