import { componentSuite } from '#component/testing.ts';
import { exampleFactory } from './index.ts';

// The suite's own items have an attribute `n`.
componentSuite(exampleFactory, { config: { attribute: 'n' } });
