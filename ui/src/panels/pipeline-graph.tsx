/** The pipelines as a drawing: what flows where, how fast, where it queues and where it fails. */
import { useMemo } from 'react';
import type { SystemResponse } from '#api/types.ts';
import { formatRate } from '../lib/format.ts';
import { lastValue } from '../lib/frame.ts';
import { pipelineFrames } from '../lib/frames/pipeline.ts';
import { useLinks } from '../lib/links.ts';
import { componentMetrics } from '../lib/own-metrics.ts';
import { Graph } from '../viz/graph/graph.tsx';

export function PipelineGraph({ data }: { readonly data: Pick<SystemResponse, 'pipelines' | 'components'> }) {
  const links = useLinks();
  const frames = useMemo(() => pipelineFrames(data), [data]);
  const byId = useMemo(() => new Map(data.components.map((component) => [component.id, component])), [data]);
  return (
    <Graph
      label={describe(data)}
      frames={frames}
      targetOf={(id) => {
        const component = byId.get(id);
        return component && componentMetrics(links, component.kind, component.componentId);
      }}
    />
  );
}

function describe({ pipelines }: Pick<SystemResponse, 'pipelines'>): string {
  return pipelines
    .map(
      ({ id, receivers, processors, exporters, rate }) =>
        `${id}: ${[...receivers, ...processors, ...exporters].join(', ')}, ${formatRate(lastValue(rate) ?? 0)}`,
    )
    .join('; ');
}
