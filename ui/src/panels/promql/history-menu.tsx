/** What was asked in this browser before. */
import { visibleText } from '../../lib/foreign-text.ts';
import { readHistory } from '../../lib/history.ts';
import { Icon } from '../../widgets/icons.tsx';
import { Popover } from '../../widgets/popover.tsx';

/** Names the history. */
export const PROMQL_HISTORY = 'promql';

export function HistoryMenu({ onChoose }: { readonly onChoose: (text: string) => void }) {
  return (
    <Popover
      title="Queries asked before"
      label={
        <>
          <Icon name="clock" size={13} /> History <Icon name="down" size={12} />
        </>
      }
    >
      {(close) => {
        const entries = readHistory(PROMQL_HISTORY);
        return (
          <div role="listbox" aria-label="Queries asked before" className="promql-history">
            {entries.map((entry) => (
              <button
                type="button"
                role="option"
                aria-selected={false}
                key={entry}
                className="menu-item"
                onClick={() => {
                  close();
                  onChoose(entry);
                }}
              >
                <span className="mono truncate" title={visibleText(entry)}>
                  {visibleText(entry)}
                </span>
              </button>
            ))}
            {entries.length === 0 ? <div className="menu-item muted">Nothing was asked yet</div> : null}
          </div>
        );
      }}
    </Popover>
  );
}
