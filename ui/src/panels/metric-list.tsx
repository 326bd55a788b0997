/** The names at the left of the metrics page, found by name or description. */

import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import type { MetricSummary } from '#api/types.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { FilterBox } from '../widgets/filter-box.tsx';
import { useRowKeys } from '../widgets/row-keys.ts';
import { Segmented } from '../widgets/segmented.tsx';

interface MetricListProps {
  readonly metrics: readonly MetricSummary[];
  readonly total: number;
  readonly current: string | undefined;
  /** Signalbox's own metrics are shown, not the user's. */
  readonly own: boolean;
  readonly onOwn: (own: boolean) => void;
  readonly find: string;
  readonly onFind: (text: string) => void;
  readonly onChoose: (name: string) => void;
}

const ROW_HEIGHT = 28;
const TYPE_MARKS: Readonly<Record<MetricSummary['type'], string>> = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'hist',
  exponential_histogram: 'exp',
  summary: 'summ',
};

export function MetricList({ metrics, total, current, own, onOwn, find, onFind, onChoose }: MetricListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: metrics.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
  });
  const active = metrics.findIndex(({ name }) => name === current);
  useRowKeys({
    enabled: true,
    rowCount: metrics.length,
    active,
    setActive: (index) => {
      const metric = metrics[index];
      if (metric && metric.name !== current) onChoose(metric.name);
    },
    scrollTo: (index) => virtualizer.scrollToIndex(index),
    open: () => undefined,
  });
  return (
    <nav className="metric-list" aria-label="Metrics">
      <div className="metric-find">
        <Segmented
          label="Whose metrics"
          value={own ? 'own' : 'user'}
          options={[
            ['user', 'Yours'],
            ['own', 'Signalbox’s own'],
          ]}
          onChange={(owner) => onOwn(owner === 'own')}
        />
        <FilterBox label="Find a metric" value={find} onChange={onFind} slash={false} />
      </div>
      <div className="metric-scroll" ref={scroller}>
        <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const metric = metrics[index]!;
            return (
              <button
                type="button"
                key={metric.name}
                className={metric.name === current ? 'metric-row on' : 'metric-row'}
                aria-current={metric.name === current}
                style={{ transform: `translateY(${start}px)` }}
                title={visibleText(`${metric.name}\n${metric.description}`)}
                onClick={() => onChoose(metric.name)}
              >
                <span className="truncate">{visibleText(metric.name)}</span>
                <span className="muted">{TYPE_MARKS[metric.type]}</span>
              </button>
            );
          })}
        </div>
        {metrics.length === 0 ? <p className="muted metric-none">None of {total} matches.</p> : null}
      </div>
    </nav>
  );
}
