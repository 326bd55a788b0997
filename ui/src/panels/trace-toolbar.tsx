/** Above the waterfall: find within, errors, collapsing, logs in place, and the services with their share of the time. */

import { useMemo, useRef } from 'react';
import { serviceColour } from '../lib/colour.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatDuration, formatPercent, plural } from '../lib/format.ts';
import { useKeys } from '../lib/keys.ts';
import { useTheme } from '../lib/theme.tsx';
import { collapseToLevel, initialVisibleState, setServiceCollapsed } from '../lib/trace-visible.ts';
import type { TraceView } from '../viz/trace/view.ts';
import { Icon } from '../widgets/icons.tsx';
import { Popover } from '../widgets/popover.tsx';
import { Segmented } from '../widgets/segmented.tsx';

export function TraceToolbar({ view }: { readonly view: TraceView }) {
  const { search, update } = view;
  const toggleLogs = (): void => update({ logs: search.logs ? undefined : true });
  useKeys([{ keys: 'l', help: 'Logs in place', group: 'Trace', run: toggleLogs }]);
  const { errorCount } = view.model;
  const { logCount } = view.model.trace;
  return (
    <div className="toolbar trace-toolbar">
      <Segmented
        label="Drawing"
        value={search.plot ?? 'waterfall'}
        options={[
          ['waterfall', 'Waterfall'],
          ['flame', 'Flame graph'],
          ['operations', 'Operations'],
        ]}
        onChange={(plot) => update({ plot: plot === 'flame' || plot === 'operations' ? plot : undefined })}
      />
      <FindBox view={view} />
      <div className="button-group">
        <button
          type="button"
          className="button"
          disabled={errorCount === 0}
          title="Previous failed span ( E )"
          onClick={() => view.goToError(-1)}
        >
          <Icon name="up" size={12} />
        </button>
        <button
          type="button"
          className={errorCount > 0 ? 'button error-text' : 'button'}
          disabled={errorCount === 0}
          title="Next failed span ( e )"
          onClick={() => view.goToError(1)}
        >
          {plural(errorCount, 'error')}
          <Icon name="down" size={12} />
        </button>
      </div>
      <LevelMenu view={view} />
      <button
        type="button"
        className={search.logs ? 'button on' : 'button'}
        aria-pressed={search.logs === true}
        disabled={logCount === 0}
        title={logCount === 0 ? 'No logs carry this trace id' : 'Show log records under their spans ( l )'}
        onClick={toggleLogs}
      >
        <Icon name="logs" size={14} />
        {plural(logCount, 'log')}
      </button>
      <ServiceShares view={view} />
    </div>
  );
}

function FindBox({ view }: { readonly view: TraceView }) {
  const { search, update } = view;
  const input = useRef<HTMLInputElement>(null);
  const focus = (): void => {
    input.current?.focus();
    input.current?.select();
  };
  useKeys([
    { keys: 'f', help: 'Find in the trace', group: 'Trace', run: focus },
    { keys: '/', help: 'Find in the trace', group: 'Trace', run: focus },
    { keys: 'n', help: 'Next match', group: 'Trace', run: () => view.goToFound(1) },
    { keys: 'p', help: 'Previous match', group: 'Trace', run: () => view.goToFound(-1) },
  ]);
  const text = search.find ?? '';
  const at = view.found.indexOf(view.selected);
  return (
    <span className="filter-box find-box">
      <input
        ref={input}
        className="input"
        aria-label="Find in the trace"
        placeholder="Find in the trace"
        value={text}
        onChange={(event) => update({ find: event.target.value.toWellFormed() || undefined })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') view.goToFound(event.shiftKey ? -1 : 1);
          else if (event.key === 'Escape') {
            if (text !== '') update({ find: undefined });
            input.current?.blur();
          } else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      {text === '' ? (
        <kbd>f</kbd>
      ) : (
        <span className="find-count" role="status">
          {view.found.length === 0 ? 'none' : `${at >= 0 ? at + 1 : '–'}/${view.found.length}`}
          <button type="button" aria-label="Previous match" onClick={() => view.goToFound(-1)}>
            <Icon name="up" size={11} />
          </button>
          <button type="button" aria-label="Next match" onClick={() => view.goToFound(1)}>
            <Icon name="down" size={11} />
          </button>
        </span>
      )}
    </span>
  );
}

const LEVELS: readonly number[] = [1, 2, 3, 4, 6];

function LevelMenu({ view }: { readonly view: TraceView }) {
  const { model, path, setState } = view;
  const run = (action: () => void, close: () => void) => (): void => {
    action();
    close();
  };
  return (
    <Popover
      title="Collapse and expand"
      label={
        <>
          <Icon name="collapse" size={14} />
          Collapse
          <Icon name="down" size={12} />
        </>
      }
    >
      {(close) => (
        <>
          <button
            type="button"
            className="menu-item"
            onClick={run(() => setState(() => collapseToLevel(model, model.maxDepth + 1)), close)}
          >
            Show everything
            <span className="muted">{plural(model.count, 'span')}</span>
          </button>
          <button
            type="button"
            className="menu-item"
            onClick={run(() => setState(() => initialVisibleState(model, path.onPath)), close)}
          >
            Show what matters
            <span className="muted">errors, path, longest</span>
          </button>
          {LEVELS.filter((level) => level <= model.maxDepth).map((level) => (
            <button
              type="button"
              key={level}
              className="menu-item"
              onClick={run(() => setState(() => collapseToLevel(model, level)), close)}
            >
              Down to level {level + 1}
            </button>
          ))}
          <div className="menu-note muted">By service</div>
          {model.service.texts.map((service, i) => (
            <button
              type="button"
              key={service}
              className="menu-item"
              onClick={run(
                () => setState((state) => setServiceCollapsed(model, state, i, !isServiceCollapsed(view, i))),
                close,
              )}
            >
              {isServiceCollapsed(view, i) ? 'Expand' : 'Collapse'} {visibleText(service)}
            </button>
          ))}
        </>
      )}
    </Popover>
  );
}

function isServiceCollapsed(view: TraceView, service: number): boolean {
  const { model, state } = view;
  const rows = model.service.indices;
  return !rows.some((of, row) => of === service && model.childCount[row]! > 0 && state.collapsed[row] !== 1);
}

const SHARES_SHOWN = 5;

/** Self time by service as one bar: who had the time. */
function ServiceShares({ view }: { readonly view: TraceView }) {
  const { tokens } = useTheme();
  const { model } = view;
  const shares = useMemo(() => {
    const sums = new Float64Array(model.service.texts.length);
    for (let row = 0; row < model.count; row++) {
      const service = model.service.indices[row]!;
      sums[service] = sums[service]! + model.selfNs[row]!;
    }
    const total = Math.max(
      1,
      sums.reduce((a, b) => a + b, 0),
    );
    return model.service.texts
      .map((name, i) => ({ name, selfNs: sums[i]!, share: sums[i]! / total }))
      .sort((a, b) => b.selfNs - a.selfNs);
  }, [model]);
  return (
    <ul className="shares" aria-label="Self time by service">
      {shares.slice(0, SHARES_SHOWN).map(({ name, selfNs, share }) => (
        <li key={name} className="share" title={`${visibleText(name)}: ${formatDuration(selfNs)} of its own work`}>
          <i className="service-dot" style={{ background: serviceColour(name, tokens.name) }} />
          <span className="truncate">{visibleText(name)}</span>
          <span className="muted">{formatPercent(share)}</span>
        </li>
      ))}
      {shares.length > SHARES_SHOWN ? (
        <li
          className="muted"
          title={shares
            .slice(SHARES_SHOWN)
            .map(({ name, share }) => `${visibleText(name)} ${formatPercent(share)}`)
            .join('\n')}
        >
          +{shares.length - SHARES_SHOWN}
        </li>
      ) : null}
    </ul>
  );
}
