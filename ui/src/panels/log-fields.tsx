/** The fields of log records; of one that is open its most frequent values, each of which narrows the list. */
import { useState } from 'react';
import type { AttributeKeysResponse, AttributeValuesResponse } from '#api/types.ts';
import { valueOfText } from '../lib/filter-text.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatCount } from '../lib/format.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { withCondition } from '../lib/query-text.ts';
import { useApi, useHeldParams } from '../lib/scope.tsx';
import { ErrorState, Loading } from '../widgets/states.tsx';

const SHOWN_VALUES = 12;
/** Each record has another, or they have a place of their own on the page. */
const LEFT_OUT: ReadonlySet<string> = new Set(['body', 'trace', 'span', 'severity']);

export function LogFields() {
  const range = useHeldParams(true);
  const [open, setOpen] = useState<string>();
  const answer = useApi<AttributeKeysResponse>('/attributes', { from: range.from, to: range.to, signal: 'logs' });
  const keys = (answer.data?.keys ?? []).filter(({ key }) => !LEFT_OUT.has(key));
  return (
    <nav className="log-fields" aria-label="Fields">
      {answer.error ? <ErrorState error={answer.error} onRetry={answer.retry} /> : null}
      {answer.data ? null : <Loading what="fields" />}
      <ul>
        {keys.map(({ key, scope }) => (
          <li key={`${scope} ${key}`}>
            <button
              type="button"
              className="field-name"
              aria-expanded={open === key}
              onClick={() => setOpen(open === key ? undefined : key)}
            >
              <span className="truncate" title={visibleText(key)}>
                {visibleText(key)}
              </span>
              <span className="muted small">{scope === 'resource' ? 'resource' : ''}</span>
            </button>
            {open === key ? <FieldValues name={key} from={range.from} to={range.to} /> : null}
          </li>
        ))}
      </ul>
    </nav>
  );
}

function FieldValues({ name, from, to }: { readonly name: string; readonly from: number; readonly to: number }) {
  const { search, update } = usePageSearch();
  const answer = useApi<AttributeValuesResponse>('/attributes/values', {
    from,
    to,
    signal: 'logs',
    key: name,
    limit: SHOWN_VALUES,
  });
  if (answer.error) return <ErrorState error={answer.error} onRetry={answer.retry} />;
  if (!answer.data) return <Loading what="values" />;
  const { values } = answer.data;
  const most = Math.max(1, ...values.map(({ count }) => count));
  const narrow = (operator: '=' | '!=', value: string): void =>
    update({ q: withCondition('logs', search.q ?? '', name, operator, valueOfText(value)), log: undefined });
  return (
    <ul className="field-values" title="Counts of the newest records of the range, whatever the filter">
      {values.length === 0 ? <li className="muted">no values that can be listed</li> : null}
      {values.map(({ value, count }) => (
        <li key={value}>
          <button
            type="button"
            className="field-value"
            title={`Only ${visibleText(value)}`}
            onClick={() => narrow('=', value)}
          >
            <span className="truncate">{visibleText(value)}</span>
            <span className="muted small">{count > 0 ? formatCount(count) : ''}</span>
            <i className="bar" style={{ width: `${(count / most) * 100}%` }} />
          </button>
          <button
            type="button"
            className="button icon quiet"
            aria-label={`Leave out ${visibleText(value)}`}
            title="Leave out"
            onClick={() => narrow('!=', value)}
          >
            −
          </button>
        </li>
      ))}
    </ul>
  );
}
