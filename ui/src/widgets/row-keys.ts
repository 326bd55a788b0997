/** The keys of everything that shows rows: `j` and `k` move, `Enter` opens. */
import { useEffect, useState } from 'react';
import { useKeys } from '../lib/keys.ts';

interface RowKeys {
  readonly enabled: boolean;
  readonly rowCount: number;
  readonly active: number;
  readonly setActive: (index: number) => void;
  readonly scrollTo: (index: number) => void;
  readonly open: (index: number) => void;
}

export function useRowKeys({ enabled, rowCount, active, setActive, scrollTo, open }: RowKeys): void {
  const [isChosen, setChosen] = useState(false);
  // Whoever moves the focus or presses something turns to that instead.
  useEffect(() => {
    if (!isChosen) return;
    const forget = (): void => setChosen(false);
    document.addEventListener('focusin', forget);
    document.addEventListener('pointerdown', forget);
    return () => {
      document.removeEventListener('focusin', forget);
      document.removeEventListener('pointerdown', forget);
    };
  }, [isChosen]);
  const move = (to: number): void => {
    if (rowCount === 0) return;
    setChosen(true);
    const index = Math.max(0, Math.min(rowCount - 1, to));
    setActive(index);
    scrollTo(index);
  };
  useKeys(
    [
      { keys: 'j', help: 'Next row', group: 'Lists', run: () => move(active + 1) },
      { keys: 'k', help: 'Previous row', group: 'Lists', run: () => move(active < 0 ? 0 : active - 1) },
      { keys: 'ArrowDown', help: 'Next row', group: 'Lists', run: () => move(active + 1) },
      { keys: 'ArrowUp', help: 'Previous row', group: 'Lists', run: () => move(active < 0 ? 0 : active - 1) },
      { keys: 'Home', help: 'First row', group: 'Lists', run: () => move(0) },
      { keys: 'End', help: 'Last row', group: 'Lists', run: () => move(rowCount - 1) },
      {
        keys: 'Enter',
        help: 'Open the row',
        group: 'Lists',
        // Chosen by keys, the row is what Enter means, though the focus may still be on a button pressed before.
        overPressed: isChosen,
        run: () => active >= 0 && open(active),
      },
    ],
    enabled,
  );
}
