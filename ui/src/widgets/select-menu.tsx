/** Chooses one of many names: a button with the current one, and a list with a filter box. */

import { type ReactNode, useState } from 'react';
import { visibleText } from '../lib/foreign-text.ts';
import { Icon } from './icons.tsx';
import { Popover } from './popover.tsx';

export interface SelectOption {
  readonly value: string;
  readonly label?: ReactNode;
  readonly note?: string;
}

interface SelectMenuProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly options: readonly SelectOption[];
  readonly onChange: (value: string | undefined) => void;
  /** Text of the entry that means "no choice"; without it one must be chosen. */
  readonly anyLabel?: string;
  readonly align?: 'left' | 'right';
}

const FILTER_ABOVE = 8;
const SHOWN_AT_MOST = 200;

export function SelectMenu({ name, value, options, onChange, anyLabel, align }: SelectMenuProps) {
  const current = options.find((option) => option.value === value);
  return (
    <Popover
      title={`${name}: ${visibleText(value ?? anyLabel ?? 'none')}`}
      className={value && anyLabel ? 'button on' : 'button'}
      {...(align ? { align } : {})}
      label={
        <>
          <span className="muted select-name">{name}</span>
          <span className="truncate select-value">{current?.label ?? visibleText(value ?? anyLabel ?? 'choose')}</span>
          <Icon name="down" size={12} />
        </>
      }
    >
      {(close) => (
        <SelectList
          options={anyLabel ? [{ value: '', label: anyLabel }, ...options] : options}
          value={value ?? ''}
          onChoose={(chosen) => {
            onChange(chosen === '' ? undefined : chosen);
            close();
          }}
        />
      )}
    </Popover>
  );
}

interface SelectListProps {
  readonly options: readonly SelectOption[];
  readonly value: string;
  readonly onChoose: (value: string) => void;
}

function SelectList({ options, value, onChoose }: SelectListProps) {
  const [filter, setFilter] = useState('');
  const [active, setActive] = useState(() =>
    Math.max(
      0,
      options.findIndex((option) => option.value === value),
    ),
  );
  const needle = filter.toLowerCase();
  const matching = options.filter((option) => option.value.toLowerCase().includes(needle));
  const shown = matching.slice(0, SHOWN_AT_MOST);
  const move = (by: number): void => setActive((at) => Math.max(0, Math.min(shown.length - 1, at + by)));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the list as a whole
    <div
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown') move(1);
        else if (event.key === 'ArrowUp') move(-1);
        else if (event.key === 'Enter' && shown[active]) onChoose(shown[active].value);
        else return;
        event.preventDefault();
      }}
    >
      {/* The filter takes the focus even when hidden, so that arrows and Enter work in short lists too. */}
      <input
        className={options.length > FILTER_ABOVE ? 'input' : 'visually-hidden'}
        placeholder="Filter"
        aria-label="Filter"
        // biome-ignore lint/a11y/noAutofocus: the list was opened by the person just now
        autoFocus
        value={filter}
        onChange={(event) => {
          setFilter(event.target.value);
          setActive(0);
        }}
      />
      <div role="listbox" aria-label="Choices">
        {shown.map((option, i) => (
          <button
            type="button"
            role="option"
            tabIndex={-1}
            key={option.value}
            aria-selected={option.value === value}
            className={i === active ? 'menu-item active' : 'menu-item'}
            onPointerMove={() => setActive(i)}
            onClick={() => onChoose(option.value)}
          >
            <span className="truncate" title={visibleText(option.value)}>
              {option.label ?? visibleText(option.value)}
            </span>
            {option.note ? <span className="muted">{option.note}</span> : null}
          </button>
        ))}
        {shown.length === 0 ? <div className="menu-item muted">Nothing matches</div> : null}
        {matching.length > shown.length ? (
          <div className="menu-item muted">{matching.length - shown.length} more: type to narrow</div>
        ) : null}
      </div>
    </div>
  );
}
