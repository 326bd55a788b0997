/** A dashboard's JSON, to be changed by hand, and what all changes together did to it. */
import { useMemo, useState } from 'react';
import { type JsonObject, readDashboard } from '#dashboards';
import { printJson } from '../../lib/dashboards/edit.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { Segmented } from '../../widgets/segmented.tsx';
import { DiffText } from './diff-text.tsx';

interface JsonViewProps {
  readonly before: JsonObject;
  readonly json: JsonObject;
  readonly onApply: (json: JsonObject) => void;
  readonly onClose: () => void;
}

const VIEWS = [
  ['diff', 'Changes'],
  ['json', 'JSON'],
] as const;
export function JsonView({ before, json, onApply, onClose }: JsonViewProps) {
  const [view, setView] = useState<string>('diff');
  const now = useMemo(() => printJson(json), [json]);
  const [text, setText] = useState(now);
  const [problem, setProblem] = useState<string>();
  const apply = (): void => {
    try {
      onApply(readDashboard({ name: 'the JSON', text }).dashboard.json);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <section className="section dash-json" aria-label="JSON of the dashboard">
      <div className="section-head">
        <Segmented label="Show" value={view} options={VIEWS} onChange={setView} />
        <span className="spacer" />
        {view === 'json' ? (
          <button type="button" className="button primary" disabled={text === now} onClick={apply}>
            Apply
          </button>
        ) : null}
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
      {problem === undefined ? null : <p className="error-text">{visibleText(problem)}</p>}
      {view === 'json' ? (
        <textarea
          className="input mono"
          aria-label="JSON"
          spellCheck={false}
          rows={24}
          value={text}
          onChange={(event) => {
            setProblem(undefined);
            setText(event.target.value);
          }}
        />
      ) : (
        <DiffText before={printJson(before)} after={now} />
      )}
    </section>
  );
}
