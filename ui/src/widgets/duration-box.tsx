/** A field for one duration; what can't be read stays and is marked. */
import { useEffect, useState } from 'react';

interface DurationBoxProps {
  readonly label: string;
  readonly placeholder: string;
  /** ns */
  readonly value: number | undefined;
  readonly onChange: (value: number | undefined) => void;
  readonly parse: (text: string) => number | undefined;
  readonly print: (ns: number) => string;
}

export function DurationBox({ label, placeholder, value, onChange, parse, print }: DurationBoxProps) {
  const [text, setText] = useState('');
  useEffect(() => setText(value === undefined ? '' : print(value)), [value, print]);
  const parsed = text.trim() === '' ? undefined : parse(text);
  const invalid = text.trim() !== '' && parsed === undefined;
  const apply = (): void => {
    if (!invalid && parsed !== value) onChange(parsed);
  };
  return (
    <input
      className={invalid ? 'input duration-box invalid' : 'input duration-box'}
      aria-label={label}
      aria-invalid={invalid}
      title={`${label}, for example 250ms or 1.5s`}
      placeholder={placeholder}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={apply}
      onKeyDown={(event) => event.key === 'Enter' && apply()}
    />
  );
}
