/** The system itself: pipelines with live rates, what did not get through, the store, freshness and processes. */
import type { ReactNode } from 'react';
import type { LossView, StoreView, SystemResponse } from '#api/types.ts';
import { useAnnouncement } from '../lib/announce.ts';
import { ABSENT, formatBytes, formatCompact, formatDateTime, formatRate, formatUtcDay, plural } from '../lib/format.ts';
import { SIGNALS, signalFrame } from '../lib/frames/pipeline.ts';
import { lossFrame, processFrame, storeFrame } from '../lib/frames/system.ts';
import { useLinks } from '../lib/links.ts';
import { lossMetrics } from '../lib/own-metrics.ts';
import { systemQuestion } from '../lib/questions.ts';
import { useQuestion, useScopeParams } from '../lib/scope.tsx';
import { compressionText, mergedText, perItemText, perRowText } from '../lib/store-figures.ts';
import { PipelineGraph } from '../panels/pipeline-graph.tsx';
import { SystemCharts } from '../panels/system-charts.tsx';
import { Stat } from '../viz/stat/stat.tsx';
import { type Column, Table } from '../viz/table/table.tsx';
import { Age } from '../widgets/age.tsx';
import { Icon } from '../widgets/icons.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { ErrorBanner, ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';

/** Data older than this is late: it should be visible two seconds after it was taken. */
const LATE_MS = 15_000;

export function SystemPage() {
  const answer = useQuestion<SystemResponse>(systemQuestion(useScopeParams()));
  const { data, error } = answer;
  useAnnouncement(data && spoken(data), []);
  return (
    <>
      <PageTitle title="System" />
      {error && data ? <ErrorBanner error={error} onRetry={answer.retry} /> : null}
      {data ? (
        <div className={`page-scroll ${answer.stale ? 'stale' : 'fresh'} ${data.store.available ? '' : 'old-picture'}`}>
          {data.store.available ? null : <OldPicture data={data} />}
          {isKnown(data) ? <Picture data={data} /> : null}
          <Section title="Processes">
            <Table
              label="Processes"
              inline
              frame={processFrame(data.processes)}
              items={data.processes}
              columns={PROCESS_COLUMNS}
              keyField="role"
            />
          </Section>
        </div>
      ) : error ? (
        <ErrorState error={error} onRetry={answer.retry} />
      ) : (
        <Loading what="the system" />
      )}
    </>
  );
}

/** Where the store never told, nothing is known: no counts, no losses, not even that there were none. */
function isKnown({ store, asOfMs }: SystemResponse): boolean {
  return store.available || asOfMs !== undefined;
}

/** What the store tells. */
function Picture({ data }: { readonly data: SystemResponse }) {
  return (
    <>
      <Signals data={data} />
      <Section
        title="Pipelines"
        note={data.store.available ? 'items per second, now' : 'items per second, then'}
        more={<PipelineTools />}
      >
        {data.pipelines.length === 0 ? (
          <p className="muted">No collector reports to this server.</p>
        ) : (
          <PipelineGraph data={data} />
        )}
      </Section>
      <Troubles data={data} />
      <Section title="Over time" note="as the processes say of themselves">
        <SystemCharts data={data} />
      </Section>
      <Section title="Not stored" note="in the chosen range, by component and reason">
        <Losses losses={data.losses} />
      </Section>
      <Section
        title="Store"
        note={[
          data.store.diskFreeBytes === undefined ? undefined : `${formatBytes(data.store.diskFreeBytes)} free on disk`,
          mergedText(data.store.tables),
        ]
          .filter((text) => text !== undefined)
          .join(', ')}
      >
        <Store store={data.store} />
      </Section>
    </>
  );
}

const NOT_STORED: ReadonlySet<LossView['kind']> = new Set(['dropped', 'lost', 'refused', 'unaccounted']);

function spoken(data: SystemResponse): string {
  const { store, components, losses } = data;
  if (!isKnown(data)) return 'The store is not available';
  const troubled = components.filter(({ status }) => status !== 'ok').length;
  const lost = losses.reduce((sum, { kind, count }) => sum + (NOT_STORED.has(kind) ? count : 0), 0);
  return [
    store.available ? 'The store answers' : 'The store is not available',
    troubled === 0 ? 'all components are well' : `${plural(troubled, 'component')} not well`,
    lost === 0 ? 'nothing was lost' : `${plural(lost, 'item')} not stored`,
  ].join(', ');
}

function Section({
  title,
  note = '',
  more,
  children,
}: {
  readonly title: string;
  readonly note?: string;
  /** What can be done here. */
  readonly more?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className="section">
      <div className="section-head">
        <h2>{title}</h2>
        <span className="muted">{note}</span>
        {more}
      </div>
      {children}
    </section>
  );
}

function PipelineTools() {
  const links = useLinks();
  return (
    <span className="section-tools">
      <To target={links.tap()} className="strong-link" title="Items before and after a component, as they pass">
        Live tap
      </To>
      <To target={links.ottl()} className="strong-link" title="Try statements on a sample">
        OTTL playground
      </To>
    </span>
  );
}

/** The store does not answer: what follows was so, and is no longer known to be. */
function OldPicture({ data }: { readonly data: SystemResponse }) {
  const { asOfMs, store } = data;
  return (
    <p className="system-old error-text" data-testid="old-picture">
      <Icon name="warning" size={14} />
      <span>
        The store is not available: {store.message}.{' '}
        {asOfMs === undefined ? (
          'There is no earlier picture of the system.'
        ) : (
          <>
            This is the last picture, taken at {formatDateTime(asOfMs)} (<Age atMs={asOfMs} />
            ).
          </>
        )}
      </span>
    </p>
  );
}

/** Per signal: what comes in, how fresh it is, what an item costs on disk. */
function Signals({ data }: { readonly data: SystemResponse }) {
  return (
    <div className="signals">
      {SIGNALS.map((signal) => {
        const { newestMs, lagMs } = data.freshness[signal];
        const count = data.store.itemCount[signal];
        const each = perItemText(count, data.store.bytesPerItem[signal]);
        return (
          <div key={signal} className="signal">
            <div className="signal-head">
              <h2>{signal}</h2>
              <Newest newestMs={newestMs} lagMs={lagMs} />
            </div>
            <div className="signal-figures">
              <Stat label={`${signal} per second`} frame={signalFrame(data, signal)} none={formatRate(0)} />
              <span className="muted">
                {formatCompact(count)} stored
                <br />
                {each === ABSENT ? ABSENT : `${each} each`}
                {signal === 'metrics' && count > 0 ? (
                  <>
                    <br />
                    with Signalbox's own
                  </>
                ) : null}
              </span>
            </div>
          </div>
        );
      })}
    </div>
  );
}

function Newest({ newestMs, lagMs }: { readonly newestMs: number | undefined; readonly lagMs: number | undefined }) {
  if (newestMs === undefined) return <span className="muted">nothing yet</span>;
  return (
    <span className={lagMs !== undefined && lagMs > LATE_MS ? 'warning-text' : 'muted'}>
      newest <Age atMs={newestMs} />
    </span>
  );
}

/** Components that are not well, in words. */
function Troubles({ data }: { readonly data: SystemResponse }) {
  const troubled = data.components.filter(({ status, statusMessage }) => status !== 'ok' && statusMessage !== '');
  if (troubled.length === 0) return null;
  return (
    <ul className="troubles">
      {troubled.map(({ id, status, statusMessage }) => (
        <li key={id} className={status === 'recoverable_error' ? 'warning-text' : 'error-text'}>
          <Icon name="warning" size={14} /> {id}: {statusMessage}
        </li>
      ))}
    </ul>
  );
}

const LOSS_WORDS: Readonly<Record<LossView['kind'], string>> = {
  refused: 'refused',
  dropped: 'dropped',
  lost: 'lost',
  sampled_out: 'sampled out',
  filtered: 'filtered',
  retried: 'being retried',
  unaccounted: 'unaccounted for',
};

const LOSS_COLUMNS: readonly Column<LossView>[] = [
  {
    id: 'component',
    header: 'Component',
    width: 300,
    narrowWidth: 150,
    cell: ({ component }) => <LossComponent component={component} />,
  },
  {
    id: 'signal',
    header: 'Signal',
    width: 90,
    drop: 3,
    cell: ({ signal }) => <span className="muted">{signal ?? '–'}</span>,
  },
  {
    id: 'kind',
    header: 'What happened',
    width: 130,
    narrowWidth: 104,
    // Sampling and filtering are wanted; being retried may still end well; the rest is loss.
    cell: ({ kind }) => (
      <span className={NOT_STORED.has(kind) ? 'error-text' : kind === 'retried' ? 'warning-text' : 'muted'}>
        {LOSS_WORDS[kind]}
      </span>
    ),
  },
  { id: 'reason', header: 'Reason', drop: 1 },
  {
    id: 'count',
    header: 'Items',
    width: 130,
    narrowWidth: 80,
    align: 'right',
  },
];

/** Leads to what the collector says of the component. */
function LossComponent({ component }: { readonly component: string }) {
  const target = lossMetrics(useLinks(), component);
  return target ? (
    <To target={target} className="strong-link" title={component}>
      {component}
    </To>
  ) : (
    <span title={component}>{component}</span>
  );
}

function Losses({ losses }: { readonly losses: readonly LossView[] }) {
  if (losses.length === 0) return <p className="muted">Everything that arrived in this range was stored.</p>;
  return (
    <Table label="Not stored" inline frame={lossFrame(losses)} items={losses} columns={LOSS_COLUMNS} keyField="key" />
  );
}

type StoreTable = StoreView['tables'][number];

const STORE_COLUMNS: readonly Column<StoreTable>[] = [
  { id: 'name', header: 'Table' },
  { id: 'rows', header: 'Rows', width: 130, narrowWidth: 110, align: 'right' },
  {
    id: 'disk',
    header: 'On disk',
    width: 100,
    narrowWidth: 90,
    align: 'right',
  },
  {
    id: 'ratio',
    drop: 4,
    header: 'Compression',
    width: 110,
    align: 'right',
    cell: compressionText,
  },
  {
    id: 'row',
    drop: 5,
    header: 'Per row',
    width: 90,
    align: 'right',
    cell: perRowText,
  },
  { id: 'parts', drop: 6, header: 'Parts', width: 70, align: 'right' },
  {
    id: 'oldest',
    drop: 3,
    header: 'Oldest',
    width: 110,
    align: 'right',
    cell: ({ oldestMs }) => (
      <span className="muted" title="The day on which the oldest rows arrived, in UTC">
        {oldestMs === undefined ? ABSENT : formatUtcDay(oldestMs)}
      </span>
    ),
  },
  { id: 'retention', header: 'Kept for', width: 90, drop: 2, align: 'right' },
];

function Store({ store }: { readonly store: StoreView }) {
  if (store.tables.length === 0) return <p className="muted">Nothing is known of its tables yet.</p>;
  return (
    <>
      {store.problems.map((problem) => (
        <p key={problem} className="system-old error-text" data-testid="store-problem">
          <Icon name="warning" size={14} />
          <span>{problem}</span>
        </p>
      ))}
      <Table
        label="Store"
        inline
        frame={storeFrame(store)}
        items={store.tables}
        columns={STORE_COLUMNS}
        keyField="name"
      />
    </>
  );
}

const PROCESS_COLUMNS: readonly Column<SystemResponse['processes'][number]>[] = [
  { id: 'role', header: 'Role' },
  {
    id: 'cpu',
    header: 'CPU',
    width: 110,
    narrowWidth: 80,
    align: 'right',
    cell: ({ cpuPercent }) => `${cpuPercent.toFixed(1)}%`,
  },
  {
    id: 'memory',
    header: 'Memory',
    width: 110,
    narrowWidth: 90,
    align: 'right',
  },
  {
    id: 'uptime',
    drop: 1,
    header: 'Running for',
    width: 130,
    align: 'right',
  },
];
