/** A panel of traces: a list of those that were found, or the one that was asked for by its id. */
import { useMemo, useState } from 'react';
import type { TraceResponse } from '#api/types.ts';
import type { FoundTrace } from '../../lib/dashboards/ask.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { frameOfRows } from '../../lib/frame.ts';
import { traceFrames } from '../../lib/frames/trace.ts';
import { useLinks } from '../../lib/links.ts';
import { traceQuestion } from '../../lib/questions.ts';
import { useQuestion } from '../../lib/scope.tsx';
import { VIZ } from '../../viz/registry.ts';
import { Table } from '../../viz/table/table.tsx';
import { ServiceName } from '../../widgets/service-name.tsx';
import { To } from '../../widgets/to.tsx';
import { PanelNote } from './panel-note.tsx';

const { trace: TraceDrawing } = VIZ;

export function TracePanel({ title, traces }: { readonly title: string; readonly traces: readonly FoundTrace[] }) {
  const [first] = traces;
  // One that was asked for by its id says nothing else yet.
  if (traces.length === 1 && first?.startMs === 0) return <OneTrace title={title} traceId={first.traceId} />;
  return <TraceList title={title} traces={traces} />;
}

function OneTrace({ title, traceId }: { readonly title: string; readonly traceId: string }) {
  const answer = useQuestion<TraceResponse>(traceQuestion(traceId), { keep: false });
  const frames = useMemo(() => (answer.data === undefined ? undefined : traceFrames(answer.data)), [answer.data]);
  if (frames === undefined)
    return <PanelNote isError={answer.error !== undefined} text={visibleText(answer.error?.message ?? 'Loading…')} />;
  return <TraceDrawing label={title} frames={frames} />;
}

function TraceList({ title, traces }: { readonly title: string; readonly traces: readonly FoundTrace[] }) {
  const links = useLinks();
  const [sort, setSort] = useState('-time');
  const frame = useMemo(
    () =>
      frameOfRows('traces', traces, {
        time: { time: ({ startMs }) => startMs },
        service: { text: ({ service }) => visibleText(service) },
        name: { text: ({ name }) => visibleText(name) },
        duration: { number: ({ durationMs }) => durationMs * 1e6, unit: 'ns' },
        id: { text: ({ traceId }) => traceId },
      }),
    [traces],
  );
  return (
    <Table<FoundTrace>
      label={title || 'Traces'}
      frame={frame}
      items={traces}
      keyField="id"
      sort={sort}
      onSort={setSort}
      onOpen={({ traceId }, inNewTab) => links.go(links.trace(traceId), inNewTab)}
      columns={[
        { id: 'time', header: 'Start', width: 170, isSortable: true, drop: 1 },
        { id: 'service', header: 'Service', width: 150, cell: ({ service }) => <ServiceName name={service} /> },
        {
          id: 'name',
          header: 'Name',
          minWidth: 120,
          cell: ({ traceId, name }) => (
            <To target={links.trace(traceId)} className="strong-link truncate">
              {visibleText(name) || traceId}
            </To>
          ),
        },
        { id: 'duration', header: 'Duration', width: 90, align: 'right', isSortable: true },
      ]}
    />
  );
}
