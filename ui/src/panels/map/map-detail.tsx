/** A node or a line of the map: its figures, now and before, what it is joined with, and where it leads. */
import type { MapEdge, MapNode } from '#api/types.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { ABSENT, formatDuration, formatPercent, formatRate } from '../../lib/format.ts';
import { useLinks } from '../../lib/links.ts';
import type { MapLine } from '../../lib/map/changes.ts';
import { nodeTitle, toneOfRatio } from '../../lib/map/frames.ts';
import { type Lead, leadsOfLine, leadsOfNode } from '../../lib/map/leads.ts';
import { Detail } from '../../widgets/detail.tsx';
import { ServiceName } from '../../widgets/service-name.tsx';
import { To } from '../../widgets/to.tsx';

interface MapDetailProps {
  readonly node: MapNode | undefined;
  readonly line: MapLine | undefined;
  readonly lines: readonly MapLine[];
  /** How the other time is called; undefined where nothing is compared. */
  readonly beforeText: string | undefined;
  readonly onChoose: (id: string) => void;
  readonly onClose: () => void;
}

export function MapDetail({ node, line, lines, beforeText, onChoose, onClose }: MapDetailProps) {
  const links = useLinks();
  if (node !== undefined) {
    const called = lines.filter(({ source }) => source.id === node.id);
    const callers = lines.filter(({ target }) => target.id === node.id);
    const red = { rate: node.requestRate, errorRatio: node.errorRatio, p50Ns: node.p50Ns, p95Ns: node.p95Ns };
    return (
      <Detail
        label="Detail"
        owner={<Kind text={node.kind === 'service' ? 'service' : `${node.system} ${node.kind}`.trim()} />}
        title={<NodeName node={node} />}
        onClose={onClose}
      >
        <Leads leads={leadsOfNode(links, node)} />
        <section className="detail-section" aria-label="Figures">
          <Figures now={red} before={undefined} beforeText={undefined} />
        </section>
        <Joined title="Calls" lines={called} nameOf={({ target }) => target} onChoose={onChoose} />
        <Joined title="Called by" lines={callers} nameOf={({ source }) => source} onChoose={onChoose} />
      </Detail>
    );
  }
  if (line === undefined) return null;
  const title = (
    <>
      <NodeName node={line.source} /> → <NodeName node={line.target} />
    </>
  );
  return (
    <Detail label="Detail" owner={<Kind text="calls" />} title={title} onClose={onClose}>
      <Leads leads={leadsOfLine(links, line)} />
      <section className="detail-section" aria-label="Figures">
        <Figures now={line.now} before={line.before} beforeText={beforeText} />
      </section>
      {beforeText === undefined ? null : (
        <section className="detail-section" aria-label="Changes">
          <div className="detail-section-head">
            <h3>Against {beforeText}</h3>
          </div>
          <ul className="map-changes">
            {line.changes.map(({ kind, text, isWorse }) => (
              <li key={kind} className={isWorse ? 'warning-text' : ''}>
                {visibleText(text)}
              </li>
            ))}
            {line.changes.length === 0 ? <li className="muted">No change worth a mark.</li> : null}
          </ul>
        </section>
      )}
      <section className="detail-section" aria-label="Ends">
        <ul className="fact-list">
          {[line.source, line.target].map((end) => (
            <li key={end.id}>
              <button type="button" className="link-button" onClick={() => onChoose(end.id)}>
                <NodeName node={end} />
              </button>
            </li>
          ))}
        </ul>
      </section>
    </Detail>
  );
}

function Kind({ text }: { readonly text: string }) {
  return <span className="muted small">{visibleText(text)}</span>;
}

export function NodeName({ node }: { readonly node: MapNode }) {
  return node.kind === 'service' ? <ServiceName name={node.name} /> : <>{visibleText(nodeTitle(node))}</>;
}

function Leads({ leads }: { readonly leads: readonly Lead[] }) {
  return (
    <div className="detail-links">
      {leads.map(({ text, target }) => (
        <To key={text} target={target}>
          {text}
        </To>
      ))}
    </div>
  );
}

type Red = Pick<MapEdge, 'rate' | 'p50Ns' | 'p95Ns'> & { readonly errorRatio: number | null };

const ROWS: readonly (readonly [title: string, text: (red: Red) => string])[] = [
  ['Rate', ({ rate }) => formatRate(rate)],
  ['Errors', ({ errorRatio }) => formatPercent(errorRatio)],
  ['p50', ({ p50Ns }) => formatDuration(p50Ns)],
  ['p95', ({ p95Ns }) => formatDuration(p95Ns)],
];

interface FiguresProps {
  readonly now: Red | undefined;
  readonly before: Red | undefined;
  readonly beforeText: string | undefined;
}

function Figures({ now, before, beforeText }: FiguresProps) {
  return (
    <table className="fact-table">
      {beforeText === undefined ? null : (
        <thead>
          <tr>
            <th />
            <th scope="col">now</th>
            <th scope="col">{beforeText}</th>
          </tr>
        </thead>
      )}
      <tbody>
        {ROWS.map(([title, text]) => (
          <tr key={title}>
            <th scope="row">{title}</th>
            <td>{now === undefined ? ABSENT : text(now)}</td>
            {beforeText === undefined ? null : (
              <td className="muted">{before === undefined ? ABSENT : text(before)}</td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface JoinedProps {
  readonly title: string;
  readonly lines: readonly MapLine[];
  readonly nameOf: (line: MapLine) => MapNode;
  readonly onChoose: (id: string) => void;
}

/** The lines at a node, which the keyboard reaches here. */
function Joined({ title, lines, nameOf, onChoose }: JoinedProps) {
  if (lines.length === 0) return null;
  const sorted = lines.toSorted((a, b) => (b.now?.rate ?? 0) - (a.now?.rate ?? 0));
  return (
    <section className="detail-section" aria-label={title}>
      <div className="detail-section-head">
        <h3>{title}</h3>
        <span className="muted">{lines.length}</span>
      </div>
      <ul className="fact-list">
        {sorted.map((line) => (
          <li key={line.id}>
            <button type="button" className="link-button" onClick={() => onChoose(line.id)}>
              <NodeName node={nameOf(line)} />
            </button>
            <span className={toneOfRatio(line.now?.errorRatio ?? null) === '' ? 'muted' : 'muted error-text'}>
              {line.now === undefined
                ? 'gone'
                : `${formatRate(line.now.rate)} · ${formatPercent(line.now.errorRatio)} · ${formatDuration(line.now.p95Ns)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
