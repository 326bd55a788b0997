import { componentSuite } from '#component/testing.ts';
import { debugExporterFactory } from './index.ts';

componentSuite(debugExporterFactory);
