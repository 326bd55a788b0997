import { componentSuite } from '#component/testing.ts';
import { exceptionsFactory } from './index.ts';

// The suite's spans have no events, and its log records no event name: all of them are taken, and nothing is made.
componentSuite(exceptionsFactory, { holdsData: true });
