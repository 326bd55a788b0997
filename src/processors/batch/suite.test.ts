import { componentSuite } from '#component/testing.ts';
import { batchFactory } from './index.ts';

componentSuite(batchFactory, { mergesSenders: true });
