import { componentSuite } from '#component/testing.ts';
import { routingFactory } from './index.ts';

const pipelines = ['traces', 'metrics', 'logs'];

componentSuite(routingFactory, {
  config: {
    table: (['span', 'datapoint', 'log'] as const).map((context) => ({
      context,
      condition: 'attributes["n"] == 1 or attributes["n"] == 3',
      pipelines,
    })),
  },
  emptyError: 'the routing table is empty',
});
componentSuite(routingFactory, {
  config: {
    default_pipelines: pipelines,
    table: [{ condition: 'resource.attributes["service.name"] == "sample"', action: 'copy', pipelines }],
  },
  emptyError: 'the routing table is empty',
});
