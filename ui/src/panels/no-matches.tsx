/** An empty list with filters: which condition excludes everything, what may have been meant instead, and what is found without it. */
import type { EmptyReasonCondition, EmptyReasonResponse } from '#api/types.ts';
import type { Params } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatCount, formatDuration, plural } from '../lib/format.ts';
import { useApi } from '../lib/scope.tsx';
import { EmptyState } from '../widgets/states.tsx';

interface NoMatchesProps {
  readonly title: string;
  /** One of the items that conditions are looked at on. */
  readonly item: string;
  /** Where the reason is asked, with the parameters of the list. */
  readonly path: string;
  readonly params: Params;
  readonly nearestMs: number | undefined;
  /** Another value of a parameter, `undefined` for none at all. */
  readonly onChange: (parameter: string, value: string | undefined) => void;
  readonly onDropAll: () => void;
}

export function NoMatches({ title, item, path, params, nearestMs, onChange, onDropAll }: NoMatchesProps) {
  const { data } = useApi<EmptyReasonResponse>(path, params);
  const conditions = data?.conditions ?? [];
  return (
    <EmptyState
      title={title}
      nearestMs={nearestMs ?? data?.nearestMs}
      nearestText={nearestMs === undefined ? 'The nearest data of any kind' : undefined}
      actions={
        <button type="button" className="button" onClick={onDropAll}>
          Drop all filters
        </button>
      }
    >
      {data === undefined ? null : (
        <>
          <p>{summaryOf(data, item)}</p>
          {data.lookedAt > 0 ? (
            <ul className="reasons" aria-label="Conditions">
              {conditions.map((condition) => (
                <Reason
                  key={`${condition.parameter} ${condition.text}`}
                  condition={condition}
                  item={item}
                  alone={conditions.length === 1}
                  onChange={onChange}
                />
              ))}
            </ul>
          ) : null}
        </>
      )}
    </EmptyState>
  );
}

function summaryOf({ lookedAt, all, conditions }: EmptyReasonResponse, item: string): string {
  if (lookedAt === 0) return `This range holds no ${item} at all, whatever the conditions.`;
  const among = `${all ? '' : 'the newest '}${plural(lookedAt, item)} of this range`;
  const excluding = conditions.filter(({ alone }) => alone === 0);
  if (excluding.length === 0) return `Of ${among} none meets all of these at once:`;
  const what = excluding.length === 1 ? `“${textOf(excluding[0]!)}”` : `any of ${excluding.length} conditions`;
  return `None of ${among} meets ${what}.`;
}

interface ReasonProps {
  readonly condition: EmptyReasonCondition;
  readonly item: string;
  readonly alone: boolean;
  readonly onChange: NoMatchesProps['onChange'];
}

function Reason({ condition, item, alone, onChange }: ReasonProps) {
  const { parameter, without, suggestions, areAlike } = condition;
  const excludes = condition.alone === 0;
  const text = textOf(condition);
  return (
    <li>
      <span className={excludes ? 'mono truncate reason-text error-text' : 'mono truncate reason-text'} title={text}>
        {text}
      </span>
      <span className="muted">{excludes ? `no ${item}` : plural(condition.alone, item)}</span>
      {suggestions.length > 0 ? (
        <span className="reason-offers">
          <span className="muted">{areAlike ? 'did you mean' : 'there is'}</span>
          {suggestions.map(({ value, count, q }) => (
            <button
              type="button"
              key={value}
              className="button truncate"
              title={`Search for ${visibleText(value)}`}
              onClick={() => onChange(parameter, q ?? value)}
            >
              <span className="truncate">{visibleText(value)}</span>
              {count > 0 ? <span className="muted small">{formatCount(count)}</span> : null}
            </button>
          ))}
        </span>
      ) : null}
      {!alone && without > 0 ? (
        <button
          type="button"
          className="link-button"
          onClick={() => onChange(parameter, condition.withoutQ || undefined)}
        >
          without it {plural(without, item)}
        </button>
      ) : null}
    </li>
  );
}

function textOf({ parameter, text }: EmptyReasonCondition): string {
  switch (parameter) {
    case 'q':
      return visibleText(text);
    case 'minDurationNs':
      return `at least ${formatDuration(Number(text))}`;
    case 'maxDurationNs':
      return `at most ${formatDuration(Number(text))}`;
    case 'traceId':
      return `trace ${text}`;
    default:
      return `${parameter} ${visibleText(text)}`;
  }
}
