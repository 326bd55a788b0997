/** Makes a silence: what it is about, for how long, and, before it is made, what it would hide. */
import { useState } from 'react';
import { isHidden, type MatcherDraft, makeSilence, patternOf } from '../../lib/alerting/silencing.ts';
import type { FoundAlert } from '../../lib/alerts.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { plural } from '../../lib/format.ts';
import type { PromLabels } from '../../lib/promql/legend.ts';
import { Icon } from '../../widgets/icons.tsx';
import { AlertLabels } from './alert-labels.tsx';

interface SilenceFormProps {
  /** Of the alert that it begins with. */
  readonly labels: PromLabels;
  readonly alerts: readonly FoundAlert[];
  readonly onMade: () => void;
  readonly onClose: () => void;
}

const OPERATORS = ['=', '!=', '=~', '!~'] as const;
const HOUR_MS = 3_600_000;
const LENGTHS: readonly (readonly [text: string, ms: number])[] = [
  ['30 minutes', HOUR_MS / 2],
  ['1 hour', HOUR_MS],
  ['2 hours', 2 * HOUR_MS],
  ['8 hours', 8 * HOUR_MS],
  ['1 day', 24 * HOUR_MS],
  ['1 week', 168 * HOUR_MS],
];
const SHOWN = 20;
const AUTHOR_KEY = 'signalbox.silence-author';

export function SilenceForm({ labels, alerts, onMade, onClose }: SilenceFormProps) {
  const [matchers, setMatchers] = useState<readonly MatcherDraft[]>(() =>
    Object.entries(labels).map(([name, value]) => ({ name, operator: '=', value })),
  );
  const [lengthMs, setLength] = useState(2 * HOUR_MS);
  const [createdBy, setCreatedBy] = useState(() => window.localStorage.getItem(AUTHOR_KEY) ?? '');
  const [comment, setComment] = useState('');
  const [problem, setProblem] = useState<string>();
  const said = matchers.filter(({ name }) => name.trim() !== '');
  const hidden = alerts.filter(({ alert }) => isHidden(alert.labels, said));
  const mistake = mistakeIn(said, createdBy, comment);
  const change = (at: number, part: Partial<MatcherDraft>): void =>
    setMatchers(matchers.map((each, i) => (i === at ? { ...each, ...part } : each)));
  const submit = async (): Promise<void> => {
    try {
      await makeSilence({ matchers: said, lengthMs, createdBy, comment });
      window.localStorage.setItem(AUTHOR_KEY, createdBy);
      onMade();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <form
      className="section alert-form"
      aria-label="New silence"
      onSubmit={(event) => {
        event.preventDefault();
        if (mistake === undefined) void submit();
      }}
    >
      <div className="section-head">
        <h2>New silence</h2>
        <span className="spacer" />
        <button type="button" className="button icon quiet" aria-label="Close" onClick={onClose}>
          <Icon name="close" size={14} />
        </button>
      </div>
      <ul className="alert-matchers">
        {matchers.map(({ name, operator, value }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a matcher is its place while it is written
          <li key={at}>
            <input
              className="input"
              aria-label="Label"
              value={name}
              onChange={(event) => change(at, { name: event.target.value })}
            />
            <select
              className="input"
              aria-label="Operator"
              value={operator}
              onChange={(event) =>
                change(at, { operator: OPERATORS.find((each) => each === event.target.value) ?? '=' })
              }
            >
              {OPERATORS.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
            <input
              className="input"
              aria-label="Value"
              value={value}
              onChange={(event) => change(at, { value: event.target.value })}
            />
            <button
              type="button"
              className="button icon quiet"
              aria-label={`Remove ${name}`}
              onClick={() => setMatchers(matchers.filter((_, i) => i !== at))}
            >
              <Icon name="close" size={12} />
            </button>
          </li>
        ))}
      </ul>
      <div className="alert-fields">
        <button
          type="button"
          className="button"
          onClick={() => setMatchers([...matchers, { name: '', operator: '=', value: '' }])}
        >
          <Icon name="include" size={12} /> Matcher
        </button>
        <label>
          <span className="muted">For</span>
          <select className="input" value={lengthMs} onChange={(event) => setLength(Number(event.target.value))}>
            {LENGTHS.map(([text, ms]) => (
              <option key={ms} value={ms}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="muted">By</span>
          <input className="input" value={createdBy} onChange={(event) => setCreatedBy(event.target.value)} />
        </label>
        <label className="alert-wide">
          <span className="muted">Why</span>
          <input className="input" value={comment} onChange={(event) => setComment(event.target.value)} />
        </label>
      </div>
      <section aria-label="What it hides">
        <p>
          {hidden.length === 0
            ? 'It hides nothing that is active now.'
            : `It hides ${plural(hidden.length, 'alert')} of ${alerts.length}:`}
        </p>
        <ul className="alert-hidden">
          {hidden.slice(0, SHOWN).map(({ rule, alert }) => (
            <li key={JSON.stringify(alert.labels)}>
              <b>{visibleText(rule.name)}</b> <AlertLabels labels={withoutName(alert.labels)} />
            </li>
          ))}
          {hidden.length > SHOWN ? <li className="muted">and {hidden.length - SHOWN} more</li> : null}
        </ul>
      </section>
      {problem === undefined ? null : <p className="error-text">{visibleText(problem)}</p>}
      <div className="alert-fields">
        <button type="submit" className="button primary" disabled={mistake !== undefined}>
          Silence
        </button>
        {mistake === undefined ? null : <span className="muted">{mistake}</span>}
      </div>
    </form>
  );
}

function withoutName({ alertname: _, ...labels }: PromLabels): PromLabels {
  return labels;
}

function mistakeIn(matchers: readonly MatcherDraft[], createdBy: string, comment: string): string | undefined {
  if (matchers.length === 0) return 'A matcher is needed: without any it would hide everything.';
  const bad = matchers.find(({ operator, value }) => operator.endsWith('~') && patternOf(value) === undefined);
  if (bad !== undefined) return `${bad.value} is no regular expression.`;
  if (createdBy.trim() === '') return 'Say who makes it.';
  return comment.trim() === '' ? 'Say why.' : undefined;
}
