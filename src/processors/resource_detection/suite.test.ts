import { componentSuite } from '#component/testing.ts';
import { resourceDetectionFactory } from './index.ts';

componentSuite(resourceDetectionFactory);
componentSuite(resourceDetectionFactory, { config: { detectors: ['system'], system: { hostname_sources: ['os'] } } });
