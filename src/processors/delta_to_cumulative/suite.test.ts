import { componentSuite } from '#component/testing.ts';
import { deltaToCumulativeFactory } from './index.ts';

componentSuite(deltaToCumulativeFactory);
