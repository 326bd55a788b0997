/** Chooses attributes as columns of a list. */
import { useState } from 'react';
import type { AttributeKeysResponse } from '#api/types.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { useApi, useHeldParams } from '../lib/scope.tsx';
import { MAX_COLUMNS } from '../lib/search.ts';
import { Icon } from '../widgets/icons.tsx';
import { Popover } from '../widgets/popover.tsx';

interface ColumnMenuProps {
  readonly signal: 'traces' | 'logs';
  readonly chosen: readonly string[];
  readonly onChange: (columns: readonly string[]) => void;
}

export function ColumnMenu(props: ColumnMenuProps) {
  const { chosen } = props;
  return (
    <Popover
      title="Columns"
      align="right"
      className={chosen.length > 0 ? 'button on' : 'button'}
      label={
        <>
          Columns{chosen.length > 0 ? ` ${chosen.length}` : ''} <Icon name="down" size={12} />
        </>
      }
    >
      {() => <Keys {...props} />}
    </Popover>
  );
}

/** They have places of their own in the list, or are another for each. */
const LEFT_OUT: ReadonlySet<string> = new Set(['trace', 'span', 'parent', 'body', 'severity', 'scope']);

function Keys({ signal, chosen, onChange }: ColumnMenuProps) {
  const { from, to } = useHeldParams(true);
  const [find, setFind] = useState('');
  const { data, error } = useApi<AttributeKeysResponse>('/attributes', { from, to, signal });
  const keys = (data?.keys ?? []).filter(({ key }) => !LEFT_OUT.has(key) && !key.includes(','));
  // What was chosen stays in reach where the range has none of it.
  const lost = chosen.filter((key) => !keys.some((one) => one.key === key));
  const listed = [...lost.map((key) => ({ key, scope: '' })), ...keys].filter(({ key }) =>
    key.toLowerCase().includes(find.trim().toLowerCase()),
  );
  const isFull = chosen.length >= MAX_COLUMNS;
  const toggle = (key: string): void =>
    onChange(chosen.includes(key) ? chosen.filter((other) => other !== key) : [...chosen, key]);
  return (
    <>
      <div className="menu-search">
        <input
          className="input"
          aria-label="Find a key"
          placeholder="Find a key"
          value={find}
          onChange={(event) => setFind(event.target.value)}
        />
      </div>
      <div role="listbox" aria-multiselectable="true" aria-label="Keys" className="menu-scroll">
        {listed.map(({ key, scope }) => (
          <button
            type="button"
            role="option"
            key={`${scope} ${key}`}
            aria-selected={chosen.includes(key)}
            className="menu-item"
            disabled={isFull && !chosen.includes(key)}
            onClick={() => toggle(key)}
          >
            <span className="menu-check">{chosen.includes(key) ? <Icon name="check" size={13} /> : null}</span>
            <span className="truncate" title={visibleText(key)}>
              {visibleText(key)}
            </span>
            <span className="muted">{scope === 'resource' ? 'resource' : ''}</span>
          </button>
        ))}
        {error ? <div className="menu-item error-text">{error.message}</div> : null}
        {data !== undefined && listed.length === 0 ? <div className="menu-item muted">No such key</div> : null}
      </div>
    </>
  );
}
