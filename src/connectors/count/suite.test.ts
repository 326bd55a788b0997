import { componentSuite } from '#component/testing.ts';
import { countFactory } from './index.ts';

// A metric whose points are in several chunks is counted in each, as if each had come alone.
const NO_METRICS = { metrics: { none: { conditions: ['name == "none"'] } } };

componentSuite(countFactory, { config: NO_METRICS });

// Every second item of the suite's batches has an attribute that is counted by.
componentSuite(countFactory, {
  config: {
    ...NO_METRICS,
    spans: { odd: { conditions: ['attributes["n"] == 1'], attributes: [{ key: 'n' }] } },
    datapoints: { odd: { conditions: ['attributes["n"] == 1'], attributes: [{ key: 'n' }] } },
    logs: { odd: { conditions: ['attributes["n"] == 1'], attributes: [{ key: 'n' }] } },
  },
});
