/** Two searches on one time axis: traces, logs, metrics or SQL, beside each other or one above the other. The address holds all of it. */

import { besidePane, readPane, SIDES, type Side, targetOfPane, writePane } from '../lib/explore/panes.ts';
import { useKeys } from '../lib/keys.ts';
import { useLinks } from '../lib/links.ts';
import { usePageSearch } from '../lib/page-search.ts';
import type { PaneKind } from '../lib/search.ts';
import { PaneView } from '../panels/explore/pane.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { Segmented } from '../widgets/segmented.tsx';
import { To } from '../widgets/to.tsx';
import '../styles/explore.css';

export function ExplorePage() {
  const { search, update } = usePageSearch();
  const links = useLinks();
  const [one, two] = SIDES.map((side) => readPane(search, side));
  const panes = { one: one!, two: two! };
  const focus = (side: Side): void => {
    const field = document.querySelector<HTMLElement>(
      `[data-side="${side}"] :is(textarea, .cm-content, .toolbar input)`,
    );
    field?.focus();
  };
  useKeys([
    { keys: '1', help: 'Go to the first field', group: 'Explore', run: () => focus('one') },
    { keys: '2', help: 'Go to the second field', group: 'Explore', run: () => focus('two') },
    {
      keys: 'x',
      help: 'Change places',
      group: 'Explore',
      run: () => update({ ...writePane('one', panes.two), ...writePane('two', panes.one) }),
    },
  ]);
  const kindOf = (side: Side) => (kind: PaneKind) => {
    const other = panes[side === 'one' ? 'two' : 'one'];
    update(writePane(side, kind === panes[side].kind ? panes[side] : besidePane(kind, other)));
  };
  // The first list takes the keys of rows.
  const listed = SIDES.find((side) => panes[side].kind === 'traces' || panes[side].kind === 'logs');
  return (
    <>
      <PageTitle title="Explore">
        <Segmented
          label="How they stand"
          value={search.stacked ? 'stacked' : 'beside'}
          options={[
            ['beside', 'Side by side'],
            ['stacked', 'Stacked'],
          ]}
          onChange={(way) => update({ stacked: way === 'stacked' ? true : undefined }, true)}
        />
      </PageTitle>
      <div className={search.stacked ? 'explore stacked' : 'explore'}>
        {SIDES.map((side) => (
          <PaneView
            key={side}
            side={side}
            pane={panes[side]}
            keyboard={side === listed}
            onKind={kindOf(side)}
            onAsk={(q) => update(writePane(side, { ...panes[side], q }))}
          >
            <To target={targetOfPane(links, panes[side])} className="button quiet" title="This alone, on its own page">
              Open
            </To>
          </PaneView>
        ))}
      </div>
    </>
  );
}
