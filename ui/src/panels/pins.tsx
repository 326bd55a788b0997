/** Traces that are kept whatever the retention: the button that pins one, and the list of all. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { PinsResponse } from '#api/types.ts';
import { ApiFailure, apiPath } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatDateTime, formatDuration } from '../lib/format.ts';
import { useLinks } from '../lib/links.ts';
import { askPlain } from '../lib/plain-api.ts';
import { useApi } from '../lib/scope.tsx';
import { Icon } from '../widgets/icons.tsx';
import { Popover } from '../widgets/popover.tsx';
import { ServiceName } from '../widgets/service-name.tsx';
import { To } from '../widgets/to.tsx';

const PINS = '/pins';

/** Nothing where the server only reads. */
export function PinButton({ traceId }: { readonly traceId: string }) {
  const client = useQueryClient();
  const { data } = useApi<PinsResponse>(PINS, {});
  const [changing, setChanging] = useState(false);
  const [fault, setFault] = useState<string>();
  if (data === undefined || !data.canPin) return null;
  const isPinned = data.missing.includes(traceId) || data.traces.some((trace) => trace.traceId === traceId);
  const change = async (): Promise<void> => {
    setChanging(true);
    setFault(undefined);
    try {
      await askPlain(`/api/console${apiPath('pins', traceId)}`, { method: isPinned ? 'DELETE' : 'POST' });
      await client.invalidateQueries({ queryKey: [PINS] });
    } catch (error) {
      setFault(error instanceof ApiFailure ? error.message : String(error));
    }
    setChanging(false);
  };
  return (
    <>
      <button
        type="button"
        className={isPinned ? 'button small on' : 'button small'}
        aria-pressed={isPinned}
        disabled={changing}
        title={isPinned ? 'Let the trace go with the retention again' : 'Keep the trace, whatever the retention'}
        onClick={() => void change()}
      >
        {isPinned ? 'Pinned' : 'Pin'}
      </button>
      {fault === undefined ? null : (
        <span className="error-text small" role="alert">
          {visibleText(fault)}
        </span>
      )}
    </>
  );
}

/** The list of pinned traces, where there are any. `isAnswered`: the page has what it is for. */
export function PinnedTraces({ isAnswered }: { readonly isAnswered: boolean }) {
  const links = useLinks();
  const { data } = useApi<PinsResponse>(PINS, {}, { enabled: isAnswered });
  const count = (data?.traces.length ?? 0) + (data?.missing.length ?? 0);
  if (data === undefined || count === 0) return null;
  return (
    <Popover
      title="Pinned traces"
      align="right"
      label={
        <>
          Pinned {count} <Icon name="down" size={12} />
        </>
      }
    >
      {() => (
        <ul className="pin-list" aria-label="Pinned traces">
          {data.traces.map(({ traceId, rootService, rootOperation, startMs, durationNs, errorCount }) => (
            <li key={traceId}>
              <To target={links.trace(traceId)} className="menu-item">
                <span className="cell-line">
                  <ServiceName name={rootService} />
                  <span className="truncate">{visibleText(rootOperation)}</span>
                </span>
                <span className="muted small">
                  <b className={errorCount > 0 ? 'error-text' : ''}>{formatDuration(durationNs)}</b>{' '}
                  {formatDateTime(startMs)}
                </span>
              </To>
            </li>
          ))}
          {data.missing.map((traceId) => (
            <li key={traceId} className="menu-item muted">
              <span className="mono">{traceId.slice(0, 16)}…</span> not in the store
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}
