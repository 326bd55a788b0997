import { componentSuite } from '#component/testing.ts';
import { exampleReceiverFactory } from './index.ts';

componentSuite(exampleReceiverFactory);
