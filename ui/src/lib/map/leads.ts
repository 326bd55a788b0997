/** Where nodes and lines of the map lead: the traces and the metrics behind them. */
import type { MapNode } from '#api/types.ts';
import { printFilterValue } from '../filter-text.ts';
import type { Links, Target } from '../links.ts';
import type { ConsoleSearch } from '../search.ts';
import type { MapLine } from './changes.ts';

export interface Lead {
  readonly text: string;
  readonly target: Target;
}

const quoted = (text: string): string => JSON.stringify(text);

/** Of the spans in which it is called: those of the service, or those of its callers that name it. */
function callsOf({ kind, name, system }: MapNode): ConsoleSearch {
  if (kind === 'service') return { service: name };
  const value = printFilterValue(name);
  switch (kind) {
    case 'host':
      return { q: `kind=client server.address=${value} OR url.full~${quoted(`://${escaped(name)}`)}` };
    case 'queue':
      return {
        q: `messaging.system=${printFilterValue(system)}${name === '' ? '' : ` messaging.destination.name=${value}`}`,
      };
    default:
      return {
        q: `db.system.name=${printFilterValue(system)}${name === '' ? '' : ` db.namespace=${value} OR server.address=${value}`}`,
      };
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

export function leadsOfNode(links: Links, node: MapNode): readonly Lead[] {
  const calls = callsOf(node);
  const traces = [
    { text: 'Traces', target: links.traces(calls) },
    { text: 'Failed ones', target: links.traces({ ...calls, status: 'error' }) },
    { text: 'Slowest', target: links.traces({ ...calls, sort: 'slowest' }) },
  ];
  if (node.kind !== 'service')
    return [...traces, { text: 'Metrics', target: metrics(links, `server=${quoted(node.name || node.system)}`) }];
  return [
    { text: 'Service', target: links.service(node.name) },
    ...traces,
    { text: 'Logs', target: links.logs({ service: node.name }) },
    { text: 'Metrics', target: metrics(links, `server=${quoted(node.name)}`) },
  ];
}

export function leadsOfLine(links: Links, { source, target }: MapLine): readonly Lead[] {
  const calls = callsBetween(source, target);
  const ends = [source, target].map(({ name, system }) => quoted(name || system));
  return [
    { text: 'Traces', target: links.traces(calls) },
    { text: 'Failed ones', target: links.traces({ ...calls, ...failed(calls) }) },
    { text: 'Slowest', target: links.traces({ ...calls, sort: 'slowest' }) },
    { text: 'Metrics', target: metrics(links, `client=${ends[0]}, server=${ends[1]}`) },
  ];
}

/** Between services it is a question of structure, which TraceQL has words for. */
function callsBetween(source: MapNode, target: MapNode): ConsoleSearch {
  const [own, other] = [source, target].map(({ name }) => `{ resource.service.name = ${quoted(name)} }`);
  if (source.kind === 'service' && target.kind === 'service') return { q: `${own} > ${other}` };
  if (source.kind === 'service') return { ...callsOf(target), service: source.name };
  return { ...callsOf(source), service: target.name };
}

function failed({ q = '' }: ConsoleSearch): ConsoleSearch {
  return q.startsWith('{') ? { q: q.replace(/ \}$/, ' && status = error }') } : { status: 'error' };
}

const CALLS = 'traces_service_graph_request_total';
const SECONDS = 'traces_service_graph_request_server_seconds_bucket';

/** What the connector `service_graph` counts: rate, failed, p50, p95. */
function metrics(links: Links, matchers: string): Target {
  const rate = (metric: string, more = ''): string => `rate(${metric}{${matchers}${more}}[5m])`;
  return links.metrics({
    a: `sum(${rate(CALLS)})`,
    b: `sum(${rate(CALLS, ', failed="true"')})`,
    c: `histogram_quantile(0.95, sum by (le) (${rate(SECONDS)}))`,
    'a.legend': 'calls',
    'b.legend': 'failed',
    'c.legend': 'p95',
    promql: true,
  });
}
