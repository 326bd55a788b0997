import { componentSuite } from '#component/testing.ts';
import { exampleFactory } from './index.ts';

// The suite's own items have an attribute `n`: with the first block all of them are left out, with the second all go on.
componentSuite(exampleFactory, { config: { attribute: 'n' } });
componentSuite(exampleFactory, { config: { attribute: 'other' } });
