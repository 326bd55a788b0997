/** A live tap: items before and after a component of the collector, as they pass. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { PipelineView, SystemResponse, TapCountsAnswer, TapEventAnswer, TapItemAnswer } from '#api/types.ts';
import { ApiFailure } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatClock, formatCount, plural } from '../lib/format.ts';
import { headOf, OUTCOMES, serviceOf } from '../lib/item-fields.ts';
import { useLinks } from '../lib/links.ts';
import { keepSample } from '../lib/ottl.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { systemQuestion } from '../lib/questions.ts';
import { useQuestion, useScopeParams } from '../lib/scope.tsx';
import { placesOf, readTap, type TapPlace } from '../lib/tap.ts';
import { Crumb } from '../widgets/crumb.tsx';
import { Icon } from '../widgets/icons.tsx';
import { ItemFields } from '../widgets/item-fields.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { Segmented } from '../widgets/segmented.tsx';
import { ErrorState, Loading } from '../widgets/states.tsx';

/** So many of the last items are kept. */
const KEPT_ITEMS = 500;

const ENDS: Readonly<Record<Extract<TapEventAnswer, { type: 'end' }>['reason'], string>> = {
  items: 'That are all the items that a tap shows.',
  bytes: 'That is as much as a tap shows.',
  time: 'The time of the tap is over.',
  reload: 'The collector reads its configuration again, or stops.',
  fault: 'The tap failed; the pipeline goes on.',
};

interface SeenItem extends TapItemAnswer {
  readonly key: number;
}

interface Tap {
  readonly state: 'off' | 'on' | 'ended';
  readonly items: readonly SeenItem[];
  readonly counts: TapCountsAnswer | undefined;
  readonly end: string | undefined;
  readonly error: ApiFailure | undefined;
}

const NOTHING: Tap = { state: 'off', items: [], counts: undefined, end: undefined, error: undefined };

/** Looks at a component while it is named and nobody has stopped it. */
function useTap(at: string | undefined): Tap & { readonly start: () => void; readonly stop: () => void } {
  const [tap, setTap] = useState<Tap>(NOTHING);
  const [turn, setTurn] = useState(0);
  const lastKey = useRef(0);
  const abort = useRef<AbortController | undefined>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn looks again
  useEffect(() => {
    if (at === undefined) {
      setTap(NOTHING);
      return;
    }
    const controller = new AbortController();
    abort.current = controller;
    setTap({ ...NOTHING, state: 'on' });
    const onEvents = (events: readonly TapEventAnswer[]): void => {
      const keyed = events.map((event) => (event.type === 'item' ? { ...event, key: ++lastKey.current } : event));
      setTap((seen) => withEvents(seen, keyed));
    };
    readTap(at, onEvents, controller.signal).then(
      () => setTap((seen) => (seen.state === 'on' ? { ...seen, state: 'ended', end: 'The tap ended.' } : seen)),
      (error: unknown) => {
        if (controller.signal.aborted) return;
        const failure =
          error instanceof ApiFailure ? error : new ApiFailure({ code: 'internal', message: String(error) }, 0);
        setTap((seen) => ({ ...seen, state: 'ended', error: failure }));
      },
    );
    return () => controller.abort();
  }, [at, turn]);
  const stop = useCallback(() => {
    abort.current?.abort();
    setTap((seen) => ({ ...seen, state: 'ended', end: 'Stopped.' }));
  }, []);
  return { ...tap, stop, start: () => setTurn((last) => last + 1) };
}

type SeenEvent = Exclude<TapEventAnswer, TapItemAnswer> | SeenItem;

/** The newest items come first. */
function withEvents(seen: Tap, events: readonly SeenEvent[]): Tap {
  const items = events.filter((event) => event.type === 'item').reverse();
  const counts = events.findLast((event) => event.type === 'counts');
  const end = events.find((event) => event.type === 'end');
  return {
    ...seen,
    items: [...items, ...seen.items].slice(0, KEPT_ITEMS),
    counts: counts ?? seen.counts,
    ...(end && { state: 'ended', end: [ENDS[end.reason], end.message].filter(Boolean).join(' ') }),
  };
}

export function TapPage() {
  const system = useQuestion<SystemResponse>(systemQuestion(useScopeParams()));
  const { search, update } = usePageSearch();
  const tap = useTap(search.at);
  const links = useLinks();
  return (
    <>
      <PageTitle title="Live tap" above={<Crumb target={links.system()} label="System" />} />
      {system.data ? (
        <div className="tap-page">
          <Places pipelines={system.data.pipelines} at={search.at} onChoose={(at) => update({ at })} />
          {search.at === undefined ? <Explanation /> : <Looked at={search.at} tap={tap} />}
        </div>
      ) : system.error ? (
        <ErrorState error={system.error} onRetry={system.retry} />
      ) : (
        <Loading what="the pipelines" />
      )}
    </>
  );
}

function Explanation() {
  return (
    <div className="state">
      <div className="state-title">Choose a component above</div>
      <p className="muted">
        You see some of the items that pass it, before and after, with what it changed. Values that a later component
        changes or removes are masked. The tap ends when you leave this page.
      </p>
    </div>
  );
}

interface PlacesProps {
  readonly pipelines: readonly PipelineView[];
  readonly at: string | undefined;
  readonly onChoose: (at: string) => void;
}

/** Each pipeline from its begin to its end. */
function Places({ pipelines, at, onChoose }: PlacesProps) {
  if (pipelines.length === 0) return <p className="muted tap-none">No collector reports to this server.</p>;
  return (
    <div className="tap-places">
      {pipelines.map((pipeline) => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a legend and borders that this row has no place for
        <div key={pipeline.id} className="tap-pipeline" role="group" aria-label={`Pipeline ${pipeline.id}`}>
          <span className="tap-pipeline-name truncate" title={pipeline.id}>
            {pipeline.id}
          </span>
          <span className="tap-chain">
            {placesOf(pipeline).map((place, index, all) => (
              <span key={place.at} className="tap-step">
                {index > 0 ? (
                  <span className="muted" aria-hidden="true">
                    {all[index - 1]!.role === place.role && place.role !== 'processors' ? '+' : '→'}
                  </span>
                ) : null}
                <PlaceButton place={place} isChosen={place.at === at} onChoose={onChoose} />
              </span>
            ))}
          </span>
        </div>
      ))}
    </div>
  );
}

interface PlaceButtonProps {
  readonly place: TapPlace;
  readonly isChosen: boolean;
  readonly onChoose: (at: string) => void;
}

function PlaceButton({ place, isChosen, onChoose }: PlaceButtonProps) {
  return (
    <button
      type="button"
      className={isChosen ? 'button on' : 'button'}
      aria-pressed={isChosen}
      title={`Look at the ${place.role.slice(0, -1)} ${place.id}`}
      onClick={() => onChoose(place.at)}
    >
      {visibleText(place.id)}
    </button>
  );
}

const KINDS: readonly (readonly [string, string])[] = [
  ['all', 'All'],
  ['changed', 'Changed'],
  ['left', 'Left out'],
];

function isOfKind({ outcome, isDroppedLater }: TapItemAnswer, kind: string): boolean {
  if (kind === 'changed') return outcome === 'changed' || outcome === 'added';
  return kind === 'all' || outcome === 'dropped' || outcome === 'refused' || isDroppedLater === true;
}

function Looked({ at, tap }: { readonly at: string; readonly tap: ReturnType<typeof useTap> }) {
  const [kind, setKind] = useState('all');
  const [chosenKey, setChosenKey] = useState<number | undefined>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place has other items
  useEffect(() => setChosenKey(undefined), [at]);
  const shown = tap.items.filter((item) => isOfKind(item, kind));
  const newest = shown[0];
  const chosen = shown.find(({ key }) => key === chosenKey) ?? newest;
  // The first one stays while others come: nobody reads what changes each moment.
  useEffect(() => {
    if (newest !== undefined) setChosenKey((key) => key ?? newest.key);
  }, [newest]);
  const isOn = tap.state === 'on';
  return (
    <>
      <div className="toolbar">
        <button type="button" className="button" onClick={isOn ? tap.stop : tap.start}>
          <Icon name={isOn ? 'pause' : 'play'} size={14} /> {isOn ? 'Stop' : 'Look again'}
        </button>
        <Segmented label="Which items" value={kind} options={KINDS} onChange={setKind} />
        <Counts tap={tap} isProcessor={at.includes('/processors/')} />
      </div>
      {tap.error ? (
        <ErrorState error={tap.error} onRetry={tap.start} />
      ) : chosen === undefined ? (
        <Waiting tap={tap} />
      ) : (
        <div className="tap-body">
          <ItemList items={shown} chosen={chosen} onChoose={setChosenKey} />
          <ItemDetail at={at} item={chosen} />
        </div>
      )}
    </>
  );
}

function Counts({ tap, isProcessor }: { readonly tap: Tap; readonly isProcessor: boolean }) {
  const { counts, end, state } = tap;
  const reasons = Object.entries(counts?.leftOut ?? {}).map(([reason, count]) => `${formatCount(count)} ${reason}`);
  const parts =
    counts === undefined
      ? []
      : [
          // A pipeline begins or ends here: what comes in is what there is.
          ...(counts.out === 0 && !isProcessor
            ? [plural(counts.in, 'item')]
            : [`${formatCount(counts.in)} in`, `${formatCount(counts.out)} out`]),
          ...reasons,
          `${formatCount(counts.shown)} shown`,
          ...(counts.waiting > 0 ? [`${formatCount(counts.waiting)} on their way`] : []),
        ];
  return (
    <span className="tap-counts muted">
      {state === 'on' ? <span className="live-dot" title="The tap is on" /> : null}
      {[end, parts.join(', ')].filter((text) => text !== undefined && text !== '').join(' ')}
    </span>
  );
}

function Waiting({ tap }: { readonly tap: Tap }) {
  const { counts, state } = tap;
  const waiting = counts?.waiting ?? 0;
  return (
    <div className="state">
      <div className="state-title">{state === 'on' ? 'Waiting for items…' : 'No items'}</div>
      <p className="muted">
        {waiting > 0
          ? `${plural(waiting, 'item')} came in and ${waiting === 1 ? 'is' : 'are'} held by this or a later component; shown when it is known what becomes of them.`
          : (counts?.in ?? 0) > 0
            ? 'None of those that passed is of this kind.'
            : 'Nothing has passed here since the tap is on.'}
      </p>
    </div>
  );
}

interface ItemListProps {
  readonly items: readonly SeenItem[];
  readonly chosen: SeenItem;
  readonly onChoose: (key: number) => void;
}

function ItemList({ items, chosen, onChoose }: ItemListProps) {
  return (
    <div
      className="tap-list"
      role="listbox"
      aria-label="Items"
      tabIndex={0}
      onKeyDown={(event) => {
        const by =
          event.key === 'ArrowDown' || event.key === 'j' ? 1 : event.key === 'ArrowUp' || event.key === 'k' ? -1 : 0;
        const next = items[items.indexOf(chosen) + by];
        if (by === 0 || next === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        onChoose(next.key);
      }}
    >
      {items.map((item) => {
        const { mark, word } = OUTCOMES[item.outcome];
        const service = serviceOf(item.fields);
        return (
          <button
            type="button"
            key={item.key}
            role="option"
            tabIndex={-1}
            aria-selected={item === chosen}
            className={`tap-row is-${item.outcome} ${item === chosen ? 'chosen' : ''}`}
            onClick={() => onChoose(item.key)}
          >
            <span className="muted tap-time">{formatClock(item.atMs, true)}</span>
            <span className="tap-outcome">
              {mark} {item.isDroppedLater ? 'left out later' : word}
            </span>
            <span className="truncate">{visibleText(headOf(item.fields))}</span>
            <span className="muted truncate tap-service">{visibleText(service ?? '')}</span>
          </button>
        );
      })}
    </div>
  );
}

function ItemDetail({ at, item }: { readonly at: string; readonly item: SeenItem }) {
  const links = useLinks();
  const { word } = OUTCOMES[item.outcome];
  return (
    <section className="tap-detail" aria-label="The item">
      <div className="tap-detail-head">
        <h2 className="truncate" title={visibleText(headOf(item.fields))}>
          {visibleText(headOf(item.fields))}
        </h2>
        <span className={`tap-outcome is-${item.outcome}`}>
          {word}
          {item.reason === undefined ? '' : `: ${item.reason}`}
        </span>
        <button
          type="button"
          className="button"
          title="Try statements on this item"
          onClick={() => {
            keepSample({ at, signal: item.signal, fields: item.fields });
            links.go(links.ottl());
          }}
        >
          Try OTTL
        </button>
      </div>
      {item.maskedCount > 0 ? (
        <p className="muted tap-masked">
          {plural(item.maskedCount, 'value')} masked: this or a later component changes or removes{' '}
          {item.maskedCount === 1 ? 'it' : 'them'}, or nobody saw what would have become of{' '}
          {item.maskedCount === 1 ? 'it' : 'them'}. <code>signalbox tap {at} --raw</code> shows all.
        </p>
      ) : null}
      <ItemFields fields={item.fields} />
    </section>
  );
}
