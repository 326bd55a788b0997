import { componentSuite } from '#component/testing.ts';
import { serviceGraphFactory } from './index.ts';

// It answers when the spans are counted; what is made of them comes later, and of all senders together.
componentSuite(serviceGraphFactory, { holdsData: true, mergesSenders: true });
