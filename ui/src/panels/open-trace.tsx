/** A trace that is open: figures, minimap, waterfall, and the selected span beside it. */

import { type ReactNode, useMemo, useState } from 'react';
import type { SpanResponse, TraceLogsResponse, TraceResponse } from '#api/types.ts';
import { useAnnouncement } from '../lib/announce.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatCount, formatDateTime, formatDuration, plural } from '../lib/format.ts';
import { enumText } from '../lib/frame.ts';
import { logFrame } from '../lib/frames/log.ts';
import { traceFrames } from '../lib/frames/trace.ts';
import { useKeys } from '../lib/keys.ts';
import { useQuickSearch } from '../lib/page-search.ts';
import { spanIdOf } from '../lib/trace-model.ts';
import { LOG_LINE } from '../lib/waterfall-lines.ts';
import { Flame } from '../viz/trace/flame.tsx';
import { Minimap } from '../viz/trace/minimap.tsx';
import { useTraceView } from '../viz/trace/use-trace-view.ts';
import type { TraceView } from '../viz/trace/view.ts';
import { scrollToLine, Waterfall } from '../viz/trace/waterfall.tsx';
import { LINE_HEIGHT } from '../viz/trace/waterfall-draw.ts';
import { CopyAction } from '../widgets/copy-action.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { SpanDetail } from './span-detail.tsx';
import { TraceOperations } from './trace-operations.tsx';
import { TraceToolbar } from './trace-toolbar.tsx';

interface OpenTraceProps {
  readonly trace: TraceResponse;
  readonly logs: TraceLogsResponse['logs'];
  readonly above: ReactNode;
  /** Behind the figures: what can be done with the trace. */
  readonly actions: ReactNode;
  /** What could not be read of it. */
  readonly note?: ReactNode;
  /** Of a trace that is not in the store: all of a span, by its row. */
  readonly spanAt?: ((row: number) => SpanResponse) | undefined;
}

export function OpenTrace({ trace, logs, above, actions, note, spanAt }: OpenTraceProps) {
  const frames = useMemo(() => traceFrames(trace), [trace]);
  const logRows = useMemo(() => logFrame(logs), [logs]);
  const view = useTraceView(frames, logRows, useQuickSearch());
  const [nameWidth, setNameWidth] = useState(() =>
    Math.min(420, Math.max(Math.min(260, window.innerWidth * 0.45), window.innerWidth * 0.28)),
  );
  useTraceKeys(view);
  const root = view.model.firstRoot;
  const name = enumText(view.model.name, root);
  const service = enumText(view.model.service, root);
  useAnnouncement(`${visibleText(`${service}: ${name}`)}, ${plural(trace.totalSpanCount, 'span')}`, [trace.traceId]);
  return (
    <>
      <PageTitle title={`${service}: ${name}`} above={above} />
      <TraceFigures trace={trace} view={view} actions={actions} />
      <TraceToolbar view={view} />
      {note}
      <div className="trace-body">
        <div className="trace-main">
          {view.search.plot === 'flame' ? (
            <Flame view={view} />
          ) : view.search.plot === 'operations' ? (
            <TraceOperations view={view} startMs={trace.startMs} />
          ) : (
            <>
              <Minimap view={view} left={nameWidth} />
              <Waterfall view={view} nameWidth={nameWidth} onNameWidth={setNameWidth} />
            </>
          )}
        </div>
        {view.selected >= 0 ? (
          <SpanDetail
            key={spanIdOf(view.model, view.selected)}
            view={view}
            row={view.selected}
            spanAt={spanAt}
            onClose={() => view.select(-1)}
          />
        ) : null}
      </div>
    </>
  );
}

interface TraceFiguresProps {
  readonly trace: TraceResponse;
  readonly view: TraceView;
  readonly actions: ReactNode;
}

function TraceFigures({ trace, view, actions }: TraceFiguresProps) {
  const shownCount = view.lines.length;
  return (
    <div className="trace-figures">
      <b>{formatDuration(trace.durationNs)}</b>
      <span>{plural(trace.totalSpanCount, 'span')}</span>
      <span>{plural(trace.services.length, 'service')}</span>
      <span>depth {view.model.maxDepth + 1}</span>
      <span title="When the trace began">{formatDateTime(trace.startMs, true)}</span>
      <span className="mono muted">
        {trace.traceId} <CopyAction title="Copy the trace id" text={trace.traceId} />
      </span>
      {actions}
      {trace.truncated ? (
        <span className="chip warning-text">only the first {formatCount(view.model.count)} spans are shown</span>
      ) : null}
      {view.folds.length > 0 ? (
        <span
          className="chip"
          title="Errors, the critical path and the longest spans are shown; Collapse › Show everything opens the rest"
        >
          collapsed to {formatCount(shownCount)} lines
        </span>
      ) : null}
    </div>
  );
}

function useTraceKeys(view: TraceView): void {
  const { lines, selected, model, select, state, toggle } = view;
  const move = (by: number): void => {
    const at = selected < 0 ? -1 : lines.indexOf(selected);
    let index = selected < 0 ? (by > 0 ? 0 : lines.length - 1) : at + by;
    while (index >= 0 && index < lines.length && (lines[index]! < 0 || lines[index]! >= LOG_LINE))
      index += by > 0 ? 1 : -1;
    const row = lines[index];
    if (row === undefined) return;
    select(row);
    const scroller = document.querySelector<HTMLElement>('.waterfall-scroll');
    if (scroller) scrollToLine(scroller, index);
  };
  const page = (direction: -1 | 1): void => {
    const scroller = document.querySelector<HTMLElement>('.waterfall-scroll');
    scroller?.scrollBy({ top: direction * (scroller.clientHeight - LINE_HEIGHT * 2) });
  };
  const zoom = (scale: number): void => {
    const [from, to] = view.viewNs;
    const middle = selected >= 0 ? (model.startNs[selected]! + model.endNs[selected]!) / 2 : (from + to) / 2;
    view.setViewNs([middle - ((to - from) * scale) / 2, middle + ((to - from) * scale) / 2]);
  };
  const setOpen = (open: boolean): void => {
    if (selected < 0) return;
    const collapsed = state.collapsed[selected] === 1;
    if (model.childCount[selected]! > 0 && collapsed === open) toggle(selected);
    else if (!open && model.parent[selected]! >= 0) select(model.parent[selected]!);
    else if (open) move(1);
  };
  useKeys([
    { keys: 'j', help: 'Next span', group: 'Trace', run: () => move(1) },
    { keys: 'k', help: 'Previous span', group: 'Trace', run: () => move(-1) },
    { keys: 'ArrowDown', help: 'Next span', group: 'Trace', run: () => move(1) },
    { keys: 'ArrowUp', help: 'Previous span', group: 'Trace', run: () => move(-1) },
    { keys: 'PageDown', help: 'One screen down', group: 'Trace', run: () => page(1) },
    { keys: 'PageUp', help: 'One screen up', group: 'Trace', run: () => page(-1) },
    { keys: 'Enter', help: 'Expand or collapse', group: 'Trace', run: () => selected >= 0 && toggle(selected) },
    { keys: 'ArrowRight', help: 'Expand', group: 'Trace', run: () => setOpen(true) },
    { keys: 'ArrowLeft', help: 'Collapse, or go to the parent', group: 'Trace', run: () => setOpen(false) },
    { keys: 'e', help: 'Next failed span', group: 'Trace', run: () => view.goToError(1) },
    { keys: 'E', help: 'Previous failed span', group: 'Trace', run: () => view.goToError(-1) },
    {
      keys: 'z',
      help: 'Zoom to the span',
      group: 'Trace',
      run: () => {
        if (selected < 0) return;
        const edge = (model.endNs[selected]! - model.startNs[selected]!) * 0.05;
        view.setViewNs([model.startNs[selected]! - edge, model.endNs[selected]! + edge]);
      },
    },
    { keys: '+', help: 'Zoom in', group: 'Trace', run: () => zoom(0.5) },
    { keys: '-', help: 'Zoom out', group: 'Trace', run: () => zoom(2) },
    { keys: '0', help: 'Whole trace', group: 'Trace', run: () => view.setViewNs(undefined) },
    { keys: 'Escape', help: 'Close the details', group: 'Trace', run: () => select(-1) },
  ]);
}
