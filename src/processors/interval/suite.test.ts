import { componentSuite } from '#component/testing.ts';
import { intervalFactory } from './index.ts';

// The suite's points are of gauges: with the first block all of them are held, with the second all go on.
componentSuite(intervalFactory, { config: { interval: '1s' }, holdsData: true, mergesSenders: true });
componentSuite(intervalFactory, { config: { pass_through: { gauge: true } } });
