/** The variables of a dashboard: what is chosen of each, and what else there is. */
import { useEffect, useState } from 'react';
import { ALL_VALUE, printFilter, type ResolvedVariable, readFilters, type TimeSpan } from '#dashboards';
import { visibleText } from '../../lib/foreign-text.ts';
import { Icon } from '../../widgets/icons.tsx';
import { Popover } from '../../widgets/popover.tsx';
import { SelectMenu } from '../../widgets/select-menu.tsx';
import { AdHocControl } from './ad-hoc-control.tsx';

interface VariableBarProps {
  readonly variables: readonly ResolvedVariable[];
  readonly time: TimeSpan;
  readonly onChoose: (name: string, values: readonly string[]) => void;
}

export function VariableBar({ variables, time, onChoose }: VariableBarProps) {
  const shown = variables.filter(({ variable }) => variable.shows !== 'nothing' && variable.kind !== 'constant');
  if (shown.length === 0) return null;
  return (
    <div className="toolbar dash-variables">
      {shown.map((resolved) => (
        <VariableControl
          key={resolved.variable.name}
          {...resolved}
          time={time}
          onChoose={(values) => onChoose(resolved.variable.name, values)}
        />
      ))}
    </div>
  );
}

type ControlProps = ResolvedVariable & {
  readonly time: TimeSpan;
  readonly onChoose: (values: readonly string[]) => void;
};

function VariableControl({ variable, options, chosen, problem, time, onChoose }: ControlProps) {
  const label = visibleText(variable.label);
  if (variable.kind === 'textbox')
    return <TextControl label={label} value={chosen[0] ?? ''} onChange={(value) => onChoose([value])} />;
  if (variable.kind === 'adhoc')
    return (
      <AdHocControl
        variable={variable}
        filters={chosen.length === 0 ? variable.filters : readFilters(chosen)}
        time={time}
        // An empty text says that none is chosen: the file's would hold otherwise.
        onChange={(filters) => onChoose(filters.length === 0 ? [''] : filters.map(printFilter))}
      />
    );
  if (problem !== undefined)
    return (
      <span className="muted" title={visibleText(problem)}>
        <Icon name="warning" size={12} /> {label}: {visibleText(chosen.join(', ') || 'nothing')}
      </span>
    );
  if ('isMulti' in variable && variable.isMulti)
    return <MultiControl label={label} options={options} chosen={chosen} onChoose={onChoose} />;
  return (
    <SelectMenu
      name={label}
      value={chosen[0]}
      options={options.map(({ value, text }) => ({ value, label: visibleText(text) }))}
      onChange={(value) => onChoose(value === undefined ? [] : [value])}
    />
  );
}

const SHOWN_AT_MOST = 300;

function MultiControl({
  label,
  options,
  chosen: settled,
  onChoose,
}: Pick<ControlProps, 'options' | 'chosen' | 'onChoose'> & { label: string }) {
  const [filter, setFilter] = useState('');
  // What was chosen shows at once; what comes of it takes an answer.
  const [chosen, setChosen] = useState(settled);
  useEffect(() => setChosen(settled), [settled]);
  const texts = options.filter(({ value }) => chosen.includes(value)).map(({ text }) => text);
  const found = options.filter(({ text }) => text.toLowerCase().includes(filter.toLowerCase())).slice(0, SHOWN_AT_MOST);
  const toggle = (value: string): void => {
    const others = value === ALL_VALUE ? [] : chosen.filter((each) => each !== value && each !== ALL_VALUE);
    const next = chosen.includes(value) && value !== ALL_VALUE ? others : [...others, value];
    setChosen(next);
    onChoose(next);
  };
  return (
    <Popover
      title={label}
      label={
        <>
          <span className="muted select-name">{label}</span>
          <span className="truncate select-value">{visibleText(texts.join(', ')) || 'nothing'}</span>
          <Icon name="down" size={12} />
        </>
      }
    >
      {() => (
        <div className="dash-choices">
          <input
            className="input"
            type="search"
            placeholder="filter"
            aria-label={`Filter ${label}`}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          {found.map(({ value, text }) => (
            <label key={value} className="dash-choice">
              <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />{' '}
              {visibleText(text)}
            </label>
          ))}
        </div>
      )}
    </Popover>
  );
}

function TextControl({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <label className="dash-text">
      <span className="muted">{label}</span>
      <input
        className="input"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => text !== value && onChange(text)}
        onKeyDown={(event) => event.key === 'Enter' && onChange(text)}
      />
    </label>
  );
}
