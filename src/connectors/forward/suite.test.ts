import { componentSuite } from '#component/testing.ts';
import { forwardFactory } from './index.ts';

componentSuite(forwardFactory);
