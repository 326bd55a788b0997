/** One of two searches: what is asked, in the field of its language, and the answer below it on the page's range. */
import { lazy, Suspense } from 'react';
import { PANE_KINDS, PANE_TITLES, type Pane, type Side } from '../../lib/explore/panes.ts';
import type { PaneKind } from '../../lib/search.ts';
import { Segmented } from '../../widgets/segmented.tsx';
import { Loading } from '../../widgets/states.tsx';
import { LogsPane } from './logs-pane.tsx';
import type { PaneProps } from './pane-props.ts';
import { TracesPane } from './traces-pane.tsx';

/** Their editors are large. */
const MetricsPane = lazy(async () => ({ default: (await import('./metrics-pane.tsx')).MetricsPane }));
const SqlPane = lazy(async () => ({ default: (await import('./sql-pane.tsx')).SqlPane }));

interface PaneViewProps {
  readonly side: Side;
  readonly pane: Pane;
  readonly keyboard: boolean;
  readonly onKind: (kind: PaneKind) => void;
  readonly onAsk: (q: string) => void;
  readonly children: React.ReactNode;
}

const VIEWS: Readonly<Record<PaneKind, React.ComponentType<PaneProps>>> = {
  traces: TracesPane,
  logs: LogsPane,
  metrics: MetricsPane,
  sql: SqlPane,
};

export function PaneView({ side, pane, keyboard, onKind, onAsk, children }: PaneViewProps) {
  const View = VIEWS[pane.kind];
  return (
    <section
      className="pane"
      aria-label={`${PANE_TITLES[pane.kind]}, ${side === 'one' ? 'first' : 'second'}`}
      data-side={side}
    >
      <div className="pane-head">
        <Segmented
          label={`What the ${side === 'one' ? 'first' : 'second'} one shows`}
          value={pane.kind}
          options={PANE_KINDS.map((kind) => [kind, PANE_TITLES[kind]] as const)}
          onChange={(kind) => onKind(kind as PaneKind)}
        />
        <span className="spacer" />
        {children}
      </div>
      <Suspense fallback={<Loading what={PANE_TITLES[pane.kind]} />}>
        <View key={pane.kind} q={pane.q} onAsk={onAsk} keyboard={keyboard} />
      </Suspense>
    </section>
  );
}
