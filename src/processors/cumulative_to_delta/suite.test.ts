import { componentSuite } from '#component/testing.ts';
import { cumulativeToDeltaFactory } from './index.ts';

componentSuite(cumulativeToDeltaFactory);
