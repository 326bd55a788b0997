import { componentSuite } from '#component/testing.ts';
import { exampleConnectorFactory } from './index.ts';

componentSuite(exampleConnectorFactory);
