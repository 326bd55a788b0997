/** What a panel asks and how it is drawn, beside the dashboard: each change is drawn at once, and can be undone. */
import { useMemo, useRef } from 'react';
import { type JsonObject, type JsonValue, objectsOf, textOf } from '#dashboards';
import { memberOf, withMember } from '../../lib/dashboards/edit.ts';
import { CompletionClient } from '../../lib/promql/completion-client.ts';
import { useScope } from '../../lib/scope.tsx';
import { Icon } from '../../widgets/icons.tsx';
import { PromqlEditor } from '../promql/editor.tsx';
import '../../styles/promql.css';

interface PanelEditorProps {
  readonly panel: JsonObject;
  /** `name` tells the steps of undoing apart. */
  readonly onChange: (panel: JsonObject, name: string) => void;
  readonly onClose: () => void;
}

const TYPES = [
  ...['timeseries', 'stat', 'gauge', 'bargauge', 'barchart', 'piechart', 'table', 'heatmap', 'histogram'],
  ...['state-timeline', 'status-history', 'logs', 'traces', 'nodeGraph', 'text', 'alertlist', 'dashlist'],
];
const UNITS = ['', 'short', 's', 'ms', 'bytes', 'percent', 'percentunit', 'reqps', 'ops', 'Bps', 'none'];
const MOST_QUERIES = 26;

type Path = readonly string[];

const DEFAULTS = ['fieldConfig', 'defaults'] as const;

export default function PanelEditor({ panel, onChange, onClose }: PanelEditorProps) {
  const scope = useScope();
  const latest = useRef(scope);
  latest.current = scope;
  const client = useMemo(() => new CompletionClient(() => latest.current), []);
  const set = (path: Path, value: JsonValue | undefined): void =>
    onChange(withMember(panel, path, value), `${String(panel.id)} ${path.join('.')}`);
  const targets = objectsOf(panel.targets);
  const setTarget = (at: number, part: JsonObject): void =>
    set(
      ['targets'],
      targets.map((target, i) => (i === at ? { ...target, ...part } : target)),
    );
  const type = textOf(panel.type) ?? '';
  const choice = (label: string, path: Path, options: readonly (readonly [value: string, text: string])[]) => (
    <label>
      <span className="muted">{label}</span>
      <select
        className="input"
        value={String(memberOf(panel, path) ?? options[0]?.[0] ?? '')}
        onChange={(event) => set(path, event.target.value || undefined)}
      >
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
  const number = (label: string, path: Path) => (
    <label>
      <span className="muted">{label}</span>
      <input
        className="input"
        type="number"
        value={String(memberOf(panel, path) ?? '')}
        onChange={(event) => set(path, event.target.value === '' ? undefined : Number(event.target.value))}
      />
    </label>
  );
  const named = (values: readonly string[]) => values.map((value) => [value, value || 'as it is'] as const);
  const withOwn = (values: readonly string[], own: JsonValue | undefined) =>
    typeof own === 'string' && !values.includes(own) ? [own, ...values] : values;
  return (
    <aside className="dash-editor" aria-label="Panel">
      <div className="section-head">
        <h2>Panel</h2>
        <span className="spacer" />
        <button type="button" className="button icon quiet" aria-label="Close the panel's options" onClick={onClose}>
          <Icon name="close" size={14} />
        </button>
      </div>
      <label>
        <span className="muted">Title</span>
        <input
          className="input"
          value={textOf(panel.title) ?? ''}
          onChange={(event) => set(['title'], event.target.value)}
        />
      </label>
      {choice('Drawn as', ['type'], named(withOwn(TYPES, type)))}
      {type === 'text' ? (
        <label>
          <span className="muted">Text in Markdown</span>
          <textarea
            className="input mono"
            rows={10}
            value={String(memberOf(panel, ['options', 'content']) ?? '')}
            onChange={(event) => set(['options', 'content'], event.target.value)}
          />
        </label>
      ) : null}
      {targets.map((target, at) => (
        <section key={String(target.refId)} className="dash-editor-query" aria-label={`Query ${String(target.refId)}`}>
          <div className="dash-head">
            <b>{String(target.refId)}</b>
            <span className="spacer" />
            <button
              type="button"
              className="button quiet"
              onClick={() => setTarget(at, { hide: target.hide !== true })}
            >
              {target.hide === true ? 'Show' : 'Hide'}
            </button>
            <button
              type="button"
              className="button quiet"
              onClick={() =>
                set(
                  ['targets'],
                  targets.filter((_, i) => i !== at),
                )
              }
            >
              Remove
            </button>
          </div>
          <div className="promql-field">
            <PromqlEditor
              label={`Expression of ${String(target.refId)}`}
              value={textOf(target.expr) ?? textOf(target.query) ?? ''}
              hint="an expression"
              client={client}
              marks={[]}
              focus={undefined}
              onChange={(expr) =>
                setTarget(at, target.expr === undefined && target.query !== undefined ? { query: expr } : { expr })
              }
              onRun={() => latest.current.refresh()}
              onFocus={() => undefined}
            />
          </div>
          <label>
            <span className="muted">Legend</span>
            <input
              className="input"
              placeholder="{{label}}"
              value={textOf(target.legendFormat) ?? ''}
              onChange={(event) => setTarget(at, { legendFormat: event.target.value })}
            />
          </label>
        </section>
      ))}
      <button
        type="button"
        className="button"
        disabled={targets.length >= MOST_QUERIES}
        onClick={() => set(['targets'], [...targets, { refId: freeLetter(targets), expr: '' }])}
      >
        <Icon name="include" size={12} /> Query
      </button>
      <div className="dash-editor-fields">
        {choice('Unit', [...DEFAULTS, 'unit'], named(withOwn(UNITS, memberOf(panel, [...DEFAULTS, 'unit']))))}
        {number('Decimals', [...DEFAULTS, 'decimals'])}
        {number('Least', [...DEFAULTS, 'min'])}
        {number('Most', [...DEFAULTS, 'max'])}
        {type === 'timeseries' ? (
          <>
            {choice('Lines', [...DEFAULTS, 'custom', 'drawStyle'], named(['line', 'bars', 'points']))}
            {choice('Stacked', [...DEFAULTS, 'custom', 'stacking', 'mode'], named(['none', 'normal', 'percent']))}
            {number('Fill in %', [...DEFAULTS, 'custom', 'fillOpacity'])}
            {number('Width', [...DEFAULTS, 'custom', 'lineWidth'])}
          </>
        ) : null}
        {type === 'stat' ? choice('Colour', ['options', 'colorMode'], named(['value', 'background', 'none'])) : null}
        {type === 'piechart' ? choice('Form', ['options', 'pieType'], named(['pie', 'donut'])) : null}
        {type === 'barchart'
          ? choice(
              'Bars',
              ['options', 'orientation'],
              [
                ['vertical', 'standing'],
                ['horizontal', 'lying'],
              ],
            )
          : null}
      </div>
    </aside>
  );
}

function freeLetter(targets: readonly JsonObject[]): string {
  const used = new Set(targets.map(({ refId }) => refId));
  return (
    Array.from({ length: MOST_QUERIES }, (_, i) => String.fromCharCode(65 + i)).find((each) => !used.has(each)) ?? 'A'
  );
}
