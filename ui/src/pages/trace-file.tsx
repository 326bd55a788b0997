/** A trace from a file. */
import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { visibleText } from '../lib/foreign-text.ts';
import { useLinks } from '../lib/links.ts';
import { spanOfFile, type TraceFile } from '../lib/trace-file/trace-file.ts';
import { OpenFile, TRACE_FILE } from '../panels/open-file.tsx';
import { OpenTrace } from '../panels/open-trace.tsx';
import { Crumb } from '../widgets/crumb.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { EmptyState } from '../widgets/states.tsx';

export function TraceFilePage() {
  const links = useLinks();
  const { data } = useQuery<TraceFile>({ queryKey: TRACE_FILE, enabled: false, gcTime: Number.POSITIVE_INFINITY });
  const spanAt = useCallback((row: number) => spanOfFile(data!.spans[row]!), [data]);
  const above = <Crumb target={links.traces()} label="Traces" />;
  if (data === undefined) {
    return (
      <>
        <PageTitle title="Trace from a file" above={above} />
        <EmptyState title="No file is open" actions={<OpenFile label="Choose a file" />}>
          A trace from a file is shown and not stored: it is gone when the page is loaded again.
        </EmptyState>
      </>
    );
  }
  const actions = (
    <span className="trace-actions">
      <span className="chip" title="It is shown here, and neither stored nor sent anywhere">
        from {visibleText(data.name)}
      </span>
      {data.notes.map((note) => (
        <span key={note} className="chip warning-text">
          {visibleText(note)}
        </span>
      ))}
      <OpenFile label="Open another" />
    </span>
  );
  return (
    <OpenTrace
      key={`${data.name} ${data.trace.traceId}`}
      trace={data.trace}
      logs={[]}
      above={above}
      actions={actions}
      spanAt={spanAt}
    />
  );
}
