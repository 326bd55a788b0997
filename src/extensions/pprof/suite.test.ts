import { componentSuite } from '#component/testing.ts';
import { pprofFactory } from './index.ts';

componentSuite(pprofFactory, { config: { endpoint: '127.0.0.1:0' } });
