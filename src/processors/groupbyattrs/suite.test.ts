import { componentSuite } from '#component/testing.ts';
import { groupByAttrsFactory } from './index.ts';

// Each item of the suite has another value of `n`: a resource each, or one for all.
componentSuite(groupByAttrsFactory, { config: { keys: ['n'] } });
componentSuite(groupByAttrsFactory);
