/** A small box that narrows a list by name. `/` goes to it, unless the page has a query field. */
import { useRef } from 'react';
import { useKeys } from '../lib/keys.ts';

interface FilterBoxProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly slash?: boolean;
}

export function FilterBox({ label, value, onChange, slash = true }: FilterBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  useKeys([{ keys: '/', help: label, group: 'Page', run: () => input.current?.focus() }], slash);
  return (
    <span className="filter-box">
      <input
        ref={input}
        className="input"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' && event.key !== 'Enter') return;
          if (event.key === 'Escape' && value !== '') onChange('');
          else input.current?.blur();
          event.stopPropagation();
        }}
      />
      {slash ? <kbd>/</kbd> : null}
    </span>
  );
}
