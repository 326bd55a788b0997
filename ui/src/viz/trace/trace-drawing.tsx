/** A trace by itself, minimap and waterfall, which keeps what is selected and zoomed to itself. */
import { useCallback, useState } from 'react';
import type { Frame } from '../../lib/frame.ts';
import { logFrame } from '../../lib/frames/log.ts';
import type { TraceFrames } from '../../lib/frames/trace.ts';
import type { ConsoleSearch } from '../../lib/search.ts';
import { Minimap } from './minimap.tsx';
import { useTraceView } from './use-trace-view.ts';
import { Waterfall } from './waterfall.tsx';

export interface TraceDrawingProps {
  readonly label: string;
  readonly frames: TraceFrames;
  /** Its log records, with the fields of `logFrame`. */
  readonly logs?: Frame;
}

const NO_LOGS = logFrame([]);
const NAMES_PX = 260;

export function TraceDrawing({ label, frames, logs = NO_LOGS }: TraceDrawingProps) {
  const [search, setSearch] = useState<ConsoleSearch>({});
  const update = useCallback((change: ConsoleSearch) => setSearch((previous) => ({ ...previous, ...change })), []);
  const view = useTraceView(frames, logs, { search, update });
  const [nameWidth, setNameWidth] = useState(NAMES_PX);
  return (
    <section className="trace-main" aria-label={label}>
      <Minimap view={view} left={nameWidth} />
      <Waterfall view={view} nameWidth={nameWidth} onNameWidth={setNameWidth} />
    </section>
  );
}
