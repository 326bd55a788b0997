export { FAKE_ASK } from './fake-ask.ts';
export { Synthesizer, type SyntheticSeries } from './synthesizer.ts';
