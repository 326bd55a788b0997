export { tailSamplingFactory } from './factory.ts';
export { TailSamplingProcessor } from './tail-sampling.ts';
export type { BufferFigures } from './trace-buffer.ts';
