/** The left part of one line of the waterfall: a span with its place in the tree, a fold, or a log record. */

import { memo, type ReactNode } from 'react';
import { printAttribute } from '../../lib/attribute-text.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatDuration, plural } from '../../lib/format.ts';
import { enumText } from '../../lib/frame.ts';
import { severityColour } from '../../lib/severity.ts';
import { useTheme } from '../../lib/theme.tsx';
import { LOG_LINE } from '../../lib/waterfall-lines.ts';
import { Icon } from '../../widgets/icons.tsx';
import { ServiceDot } from '../../widgets/service-name.tsx';
import type { TraceView } from './view.ts';

interface LineProps {
  readonly view: TraceView;
  /** Place among the lines, and what stands there. */
  readonly index: number;
  readonly line: number;
  readonly top: number;
  readonly depthStep: number;
  readonly hovered: boolean;
  readonly onChoose: (index: number) => void;
}

export const WaterfallLine = memo(function WaterfallLine(props: LineProps) {
  const { line } = props;
  if (line < 0) return <FoldLine {...props} />;
  return line >= LOG_LINE ? <LogLine {...props} /> : <SpanLine {...props} />;
});

interface ShellProps extends LineProps {
  readonly className: string;
  readonly depth: number;
  readonly label?: string;
  readonly children: ReactNode;
}

function Shell({ className, index, top, depth, depthStep, hovered, onChoose, label, children }: ShellProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: j, k and Enter of the page choose lines
    <div
      role="treeitem"
      tabIndex={-1}
      aria-level={depth + 1}
      {...(label ? { 'aria-label': label } : {})}
      className={`${className}${hovered ? ' hovered' : ''}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onChoose(index)}
    >
      <span className="guides" style={{ width: depth * depthStep, backgroundSize: `${depthStep}px 100%` }} />
      {children}
    </div>
  );
}

function SpanLine(props: LineProps) {
  const { view, line: row } = props;
  const { model, state } = view;
  const serviceName = enumText(model.service, row);
  const service = visibleText(serviceName);
  const name = visibleText(enumText(model.name, row));
  const hint = visibleText(enumText(model.hint, row));
  const children = model.childCount[row]!;
  const collapsed = state.collapsed[row] === 1;
  const failed = model.isError[row] === 1;
  const above = model.parent[row]!;
  // The service is named where it changes; below that its hue is enough.
  const entersService = above < 0 || model.service.indices[above] !== model.service.indices[row];
  const className = `wf-line${row === view.selected ? ' selected' : ''}${view.isFound(row) ? ' found' : ''}${failed ? ' failed' : ''}`;
  const label = `${service} ${name}, ${formatDuration(model.endNs[row]! - model.startNs[row]!)}${failed ? ', failed' : ''}`;
  return (
    <Shell {...props} className={className} depth={model.depth[row]!} label={label}>
      {children > 0 ? (
        <button
          type="button"
          className={collapsed ? 'twisty' : 'twisty open'}
          tabIndex={-1}
          aria-label={collapsed ? 'Expand' : 'Collapse'}
          title={`${plural(children, 'child', 'children')}; with shift: the whole subtree`}
          onClick={(event) => {
            event.stopPropagation();
            if (event.shiftKey) view.toggleSubtree(row);
            else view.toggle(row);
          }}
        >
          <Icon name="right" size={10} />
        </button>
      ) : (
        <span className="twisty" />
      )}
      <ServiceDot name={serviceName} />
      {entersService ? (
        <span className="wf-service" title={service}>
          {service}
        </span>
      ) : null}
      <span className="wf-name" title={`${service}: ${name}`}>
        {name}
      </span>
      {hint === '' || name.includes(hint) ? null : (
        <span className="wf-hint" title={hint}>
          {hint}
        </span>
      )}
      <span className="spacer" />
      {above === -2 ? (
        <span className="chip" title="The parent of this span is not in the store">
          no parent
        </span>
      ) : null}
      {collapsed && children > 0 ? (
        <span className="chip" title="Spans below">
          {plural(model.subtreeSize[row]! - 1, 'span')}
        </span>
      ) : null}
      {failed ? (
        <i className="error-mark" title="Failed" />
      ) : model.errorBelow[row] ? (
        <i className="error-mark below" title="A span below failed" />
      ) : null}
    </Shell>
  );
}

function FoldLine(props: LineProps) {
  const { view, line } = props;
  const fold = view.folds[-1 - line]!;
  const more = fold.spanCount > fold.siblingCount ? ` (${plural(fold.spanCount, 'span')})` : '';
  return (
    <Shell {...props} className="wf-line fold" depth={view.model.depth[fold.firstRow]!}>
      <span className="twisty">
        <Icon name="expand" size={10} />
      </span>
      <span className="wf-name">
        {plural(fold.siblingCount, 'short span')}
        {more}
      </span>
      <span className="spacer" />
      <span className="muted small">show</span>
    </Shell>
  );
}

function LogLine(props: LineProps) {
  const { view, line } = props;
  const { tokens } = useTheme();
  const { severities, levels, bodies, rows } = view.logs;
  const log = line - LOG_LINE;
  const body = visibleText(printAttribute(bodies[log]!));
  const row = rows[log]!;
  const depth = row < 0 ? 0 : view.model.depth[row]! + 1;
  return (
    <Shell {...props} className="wf-line log" depth={depth}>
      <span className="twisty" />
      <i className="level-band" style={{ background: severityColour(severities[log] ?? 0, tokens) }} />
      <span className="wf-level">{visibleText(levels[log]!) || 'log'}</span>
      <span className="wf-name mono" title={body}>
        {body}
      </span>
    </Shell>
  );
}
