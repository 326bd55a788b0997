import { componentSuite } from '#component/testing.ts';
import { exampleFactory } from './index.ts';

componentSuite(exampleFactory);
