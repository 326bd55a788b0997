/** From one trace to another beside it: those of the same kind, or one by its id. */
import { useState } from 'react';
import type { TracesResponse } from '#api/types.ts';
import { formatDateTime, formatDuration } from '../lib/format.ts';
import { useLinks } from '../lib/links.ts';
import { useApi, useScopeParams } from '../lib/scope.tsx';
import { Icon } from '../widgets/icons.tsx';
import { Popover } from '../widgets/popover.tsx';
import { To } from '../widgets/to.tsx';

interface CompareMenuProps {
  readonly traceId: string;
  readonly rootService: string;
  readonly rootOperation: string;
  readonly startMs: number;
}

export function CompareMenu(props: CompareMenuProps) {
  return (
    <Popover
      title="Beside another trace"
      align="right"
      className="button small"
      label={
        <>
          Compare <Icon name="down" size={12} />
        </>
      }
    >
      {() => <Others {...props} />}
    </Popover>
  );
}

const OFFERED = 12;
/** Traces of the same kind are looked for this far around the trace. */
const AROUND_MS = 3_600_000;
const TRACE_ID = /^[0-9a-f]{1,32}$/i;

function Others({ traceId, rootService, rootOperation, startMs }: CompareMenuProps) {
  const links = useLinks();
  const { environment } = useScopeParams();
  const [id, setId] = useState('');
  const { data, error } = useApi<TracesResponse>('/traces', {
    from: Math.floor(startMs - AROUND_MS),
    to: Math.ceil(startMs + AROUND_MS),
    environment,
    service: rootService,
    operation: rootOperation,
    limit: 4 * OFFERED,
  });
  const others = (data?.traces ?? []).filter(
    (trace) => trace.traceId !== traceId && trace.rootService === rootService && trace.rootOperation === rootOperation,
  );
  const written = id.trim();
  return (
    <div className="compare-menu">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (TRACE_ID.test(written)) links.go(links.compare(traceId, written.toLowerCase()));
        }}
      >
        <input
          className="input mono"
          aria-label="Another trace's id"
          placeholder="trace id"
          value={id}
          onChange={(event) => setId(event.target.value)}
        />
        <button type="submit" className="button" disabled={!TRACE_ID.test(written)}>
          Compare
        </button>
      </form>
      <div className="menu-note muted">
        {error !== undefined
          ? error.message
          : data === undefined
            ? 'Looking for traces of the same operation…'
            : others.length === 0
              ? 'No other trace of the same operation within an hour'
              : 'Of the same operation, within an hour'}
      </div>
      {others.slice(0, OFFERED).map((trace) => (
        <To key={trace.traceId} target={links.compare(traceId, trace.traceId)} className="menu-item">
          <b className={trace.errorCount > 0 ? 'error-text' : ''}>{formatDuration(trace.durationNs)}</b>
          <span className="muted">{formatDateTime(trace.startMs)}</span>
        </To>
      ))}
    </div>
  );
}
