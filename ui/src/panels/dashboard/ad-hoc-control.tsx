/** Filters that hold for all queries of a dashboard: labels and values of what the store has. */
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import {
  AD_HOC_OPERATORS,
  type AdHocFilter,
  type AdHocVariable,
  selectorOf,
  type TimeSpan,
  takesSeveral,
} from '#dashboards';
import type { ApiFailure } from '../../lib/api.ts';
import { logLabels, VariableSource } from '../../lib/dashboards/ask.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { Icon } from '../../widgets/icons.tsx';
import { Popover } from '../../widgets/popover.tsx';

interface AdHocControlProps {
  readonly variable: AdHocVariable;
  readonly filters: readonly AdHocFilter[];
  readonly time: TimeSpan;
  readonly onChange: (filters: readonly AdHocFilter[]) => void;
}

const SIGNS: Readonly<Record<string, string>> = { '=|': 'one of', '!=|': 'none of' };

export function AdHocControl({ variable, filters, time, onChange }: AdHocControlProps) {
  const label = visibleText(variable.label);
  const others = (at: number): readonly AdHocFilter[] => [
    ...variable.baseFilters,
    ...filters.filter((_, place) => place !== at),
  ];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of buttons, no fields of a form
    <span className="dash-adhoc" role="group" aria-label={label}>
      <span className="muted">{label}</span>
      {filters.map((filter, at) => (
        <Popover
          // biome-ignore lint/suspicious/noArrayIndexKey: a filter is its place
          key={at}
          title={`Change the filter ${visibleText(textOf(filter))}`}
          label={<span className="truncate">{visibleText(textOf(filter))}</span>}
        >
          {(close) => (
            <FilterForm
              {...{ variable, time, filter }}
              others={others(at)}
              onDone={(next) => {
                close();
                onChange(
                  next === undefined
                    ? filters.filter((_, place) => place !== at)
                    : filters.map((each, place) => (place === at ? next : each)),
                );
              }}
            />
          )}
        </Popover>
      ))}
      <Popover title={`Add a filter to ${label}`} label={<Icon name="include" size={12} />}>
        {(close) => (
          <FilterForm
            {...{ variable, time }}
            filter={undefined}
            others={others(-1)}
            onDone={(next) => {
              close();
              if (next !== undefined) onChange([...filters, next]);
            }}
          />
        )}
      </Popover>
    </span>
  );
}

function textOf({ key, operator, values }: AdHocFilter): string {
  return `${key} ${SIGNS[operator] ?? operator} ${values.join(', ')}`;
}

interface FilterFormProps {
  readonly variable: AdHocVariable;
  readonly time: TimeSpan;
  /** undefined: a new one. */
  readonly filter: AdHocFilter | undefined;
  /** What else holds: only what is left by it is offered. */
  readonly others: readonly AdHocFilter[];
  /** undefined: it is taken away. */
  readonly onDone: (filter: AdHocFilter | undefined) => void;
}

function FilterForm({ variable, time, filter, others, onDone }: FilterFormProps) {
  const [key, setKey] = useState(filter?.key ?? '');
  const [operator, setOperator] = useState(filter?.operator ?? '=');
  const [values, setValues] = useState<readonly string[]>(filter?.values ?? []);
  const id = useId();
  const known = useKnown(variable, { key, others, time });
  const isReady = key.trim() !== '' && values.length > 0;
  const offered = [...new Set([...values, ...known.values])];
  return (
    <form
      className="dash-adhoc-form"
      aria-label="Filter"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onDone({ key: key.trim(), operator, values });
      }}
    >
      <label>
        <span className="muted">Label</span>
        <input
          className="input"
          // biome-ignore lint/a11y/noAutofocus: the form was just asked for
          autoFocus
          list={`${id}-keys`}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      <datalist id={`${id}-keys`}>
        {known.keys.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <label>
        <span className="muted">Operator</span>
        <select className="input" value={operator} onChange={(event) => setOperator(event.target.value)}>
          {AD_HOC_OPERATORS.map((each) => (
            <option key={each} value={each}>
              {SIGNS[each] ?? each}
            </option>
          ))}
        </select>
      </label>
      {takesSeveral(operator) ? (
        <label>
          <span className="muted">Values</span>
          <select
            className="input"
            multiple
            size={6}
            value={values}
            onChange={({ target }) => setValues([...target.selectedOptions].map(({ value }) => value))}
          >
            {offered.map((value) => (
              <option key={value} value={value}>
                {visibleText(value)}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <label>
          <span className="muted">Value</span>
          <input
            className="input"
            list={`${id}-values`}
            value={values[0] ?? ''}
            onChange={(event) => setValues([event.target.value])}
          />
        </label>
      )}
      <datalist id={`${id}-values`}>
        {known.values.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
      {known.problem === undefined ? null : <p className="muted small">{visibleText(known.problem)}</p>}
      <div className="dash-fields">
        <button type="submit" className="button primary" disabled={!isReady}>
          Apply
        </button>
        {filter === undefined ? null : (
          <button type="button" className="button" onClick={() => onDone(undefined)}>
            Remove
          </button>
        )}
      </div>
    </form>
  );
}

interface Known {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  /** Why there are none; what is typed holds all the same. */
  readonly problem: string | undefined;
}

const OFFERED_AT_MOST = 1000;

/** Labels and values of the variable's source, with what else holds. */
function useKnown(
  { source, keys }: AdHocVariable,
  { key, others, time }: { readonly key: string } & Pick<FilterFormProps, 'others' | 'time'>,
): Known {
  const isLogs = /loki/i.test(`${source?.type ?? ''} ${source?.uid ?? ''}`);
  const match = selectorOf(others);
  const asked = (signal: AbortSignal) => (isLogs ? logLabels(time, signal) : new VariableSource(time, signal));
  const names = useQuery<readonly string[], ApiFailure>({
    queryKey: ['ad hoc keys', isLogs, match],
    queryFn: ({ signal }) => asked(signal).labelNames(match),
    enabled: keys === undefined,
  });
  const values = useQuery<readonly string[], ApiFailure>({
    queryKey: ['ad hoc values', isLogs, key, match],
    queryFn: ({ signal }) => asked(signal).labelValues(key, match),
    enabled: (keys ?? names.data ?? []).includes(key),
  });
  return {
    keys: keys ?? (names.data ?? []).filter((name) => name !== '__name__').slice(0, OFFERED_AT_MOST),
    values: (values.data ?? []).slice(0, OFFERED_AT_MOST),
    problem: (names.error ?? values.error)?.message,
  };
}
