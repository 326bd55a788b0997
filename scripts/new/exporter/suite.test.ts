import { componentSuite } from '#component/testing.ts';
import { exampleExporterFactory } from './index.ts';

componentSuite(exampleExporterFactory);
