import { criticalPath } from '#base/critical-path.ts';
import { plainAttributes, readSpan, readTrace, readTraceLogs } from '#query';
import { parseId } from '../../http/parameters.ts';
import { msText, numberText, type Told, timeText } from '../told.ts';
import type { Asked, Tool } from '../tool.ts';

const ERROR = 2;
/** Of what is told in detail. */
const [MOST_STEPS, MOST_ERRORS, MOST_LOGS] = [12, 4, 12];

type Trace = Awaited<ReturnType<typeof readTrace>>;

export const TRACE: Tool = {
  name: 'trace',
  title: 'One trace',
  description:
    'A trace as what called what, its critical path, where errors begin with exceptions and attributes, and its logs. With span_id one span in full.',
  arguments: {
    trace_id: { type: 'string', description: '32 hexadecimal digits' },
    span_id: { type: 'string', description: 'one span in full' },
  },
  required: ['trace_id'],
  run: async (asked, told) => {
    const { reader, options } = asked.context;
    const traceId = parseId(asked.required('trace_id'), 16, 'trace id');
    const spanId = asked.text('span_id');
    if (spanId !== undefined) return tellSpan(asked, told, traceId, parseId(spanId, 8, 'span id'));
    const trace = await readTrace(reader, traceId, options);
    tellHead(trace, told);
    tellPath(trace, told);
    await tellErrors(trace, asked, told);
    tellTree(trace, told);
    const { logs, truncated } = await readTraceLogs(reader, { traceId, limit: 1000 }, options);
    // What is worse comes first, else in the order of time.
    const shown = [...logs]
      .sort((a, b) => Number(b.severityNumber >= 13) - Number(a.severityNumber >= 13))
      .slice(0, MOST_LOGS);
    told.line(`\nlogs: ${logs.length}${truncated ? ' and more' : ''}`);
    told.table(
      ['time', 'level', 'service', 'line'],
      shown.map((log) => [timeText(log.timeMs), log.severityText, log.service, bodyText(log.body)]),
      'logs with trace_id',
      { isCut: logs.length > shown.length },
    );
  },
};

function tellHead(trace: Trace, told: Told): void {
  const { spans, services, totalSpanCount } = trace;
  const errors = Array.from(spans.status).filter((status) => status === ERROR).length;
  const when = `${timeText(Number(trace.startNs / 1_000_000n))}, ${msText(trace.durationNs)}`;
  told.line(
    `trace ${trace.traceId}, ${when}, ${totalSpanCount} spans, ${errors} errors, services: ${services.join(', ')}`,
  );
  if (trace.truncated) told.line(`only the first ${spans.parent.length} of its spans are looked at here`);
}

function nameOf({ services, names, hints, spans }: Trace, row: number): string {
  const [name, hint] = [names[spans.name[row]!] ?? '', hints[spans.hint[row]!] ?? ''];
  const what = hint.startsWith(name)
    ? hint.slice(0, 120)
    : name.includes(hint)
      ? name
      : `${name} [${hint.slice(0, 120)}]`;
  return `${services[spans.service[row]!] ?? ''} ${what}`;
}

const idOf = ({ spans }: Trace, row: number): string => spans.ids.slice(16 * row, 16 * row + 16);

function tellPath(trace: Trace, told: Told): void {
  const { parent, startNs, durationNs, kind } = trace.spans;
  const endNs = Float64Array.from(durationNs, (duration, row) => startNs[row]! + duration);
  const { byRow, ...segments } = criticalPath({ parent, startNs, endNs, kind });
  const lengthOf = (segment: number): number => segments.endNs[segment]! - segments.startNs[segment]!;
  const path = Array.from(byRow, ([row, own]) => ({ row, ns: own.reduce((sum, one) => sum + lengthOf(one), 0) }));
  path.sort((a, b) => b.ns - a.ns);
  const wholeNs = path.reduce((sum, { ns }) => sum + ns, 0);
  told.line('\ncritical path: time of its own that each span adds');
  for (const { row, ns } of path.slice(0, MOST_STEPS))
    told.line(
      `- ${msText(ns)} (${numberText((100 * ns) / wholeNs)} %) ${nameOf(trace, row)} span_id=${idOf(trace, row)}`,
    );
  if (path.length > MOST_STEPS) told.line(`(and ${path.length - MOST_STEPS} shorter ones)`);
}

/** Where errors begin: failed spans without a failed child, those furthest from the root first. */
async function tellErrors(trace: Trace, asked: Asked, told: Told): Promise<void> {
  const { status, parent } = trace.spans;
  const above = new Set<number>();
  for (let row = 0; row < status.length; row++) if (status[row] === ERROR) above.add(parent[row]!);
  const first = Array.from(status).flatMap((one, row) => (one === ERROR && !above.has(row) ? [row] : []));
  const depths: number[] = [];
  for (let row = 0; row < parent.length; row++) depths.push(parent[row]! < 0 ? 0 : depths[parent[row]!]! + 1);
  first.sort((a, b) => depths[b]! - depths[a]!);
  told.line(`\nerrors begin in ${first.length} spans`);
  const { reader, options } = asked.context;
  for (const row of first.slice(0, MOST_ERRORS)) {
    const { span } = await readSpan(reader, trace.traceId, idOf(trace, row), options);
    told.line(`- ${nameOf(trace, row)} span_id=${span.spanId}: ${span.statusMessage || 'no message'}`);
    for (const event of span.events.filter(({ name }) => name === 'exception').slice(0, 2)) {
      const { 'exception.type': type = '', 'exception.message': message = '' } = plainAttributes(event.attributes);
      told.line(`  exception ${String(type)}: ${String(message).slice(0, 500)}`);
    }
    told.line(`  ${attributesText(plainAttributes(span.attributes))}`);
  }
  if (first.length > MOST_ERRORS)
    told.line(`(and ${first.length - MOST_ERRORS} more: sql, spans with this trace_id and status = 'error')`);
}

interface Group {
  readonly name: string;
  readonly rows: number[];
  readonly below: Map<string, Group>;
}

/** Calls with the same name below the same caller are one line. */
function tellTree(trace: Trace, told: Told): void {
  const top: Group = { name: '', rows: [], below: new Map() };
  const groupOf: Group[] = [];
  const { parent } = trace.spans;
  for (let row = 0; row < parent.length; row++) {
    const above = parent[row]! >= 0 ? groupOf[parent[row]!]! : top;
    const name = nameOf(trace, row);
    let group = above.below.get(name);
    if (group === undefined) {
      group = { name, rows: [], below: new Map() };
      above.below.set(name, group);
    }
    group.rows.push(row);
    groupOf.push(group);
  }
  told.line('\nwhat called what (calls, time in all, ✗ failed):');
  const open: { readonly group: Group; readonly depth: number }[] = [];
  const push = (groups: Map<string, Group>, depth: number): void => {
    for (const group of [...groups.values()].reverse()) open.push({ group, depth });
  };
  push(top.below, 0);
  for (let next = open.pop(); next !== undefined && told.hasRoom; next = open.pop()) {
    const { group, depth } = next;
    const failed = group.rows.filter((row) => trace.spans.status[row] === ERROR).length;
    const ns = group.rows.reduce((sum, row) => sum + trace.spans.durationNs[row]!, 0);
    const counts = `${group.rows.length > 1 ? `×${group.rows.length} ` : ''}${msText(ns)}${failed > 0 ? ` ✗${failed > 1 ? failed : ''}` : ''}`;
    told.line(`${'  '.repeat(Math.min(depth, 20))}- ${group.name} ${counts}`);
    push(group.below, depth + 1);
  }
}

async function tellSpan(asked: Asked, told: Told, traceId: string, spanId: string): Promise<void> {
  const { reader, options } = asked.context;
  const { span } = await readSpan(reader, traceId, spanId, options);
  told.line(`span ${span.spanId} of trace ${span.traceId}, parent ${span.parentSpanId || 'none'}`);
  const outcome = span.statusCode === ERROR ? `failed: ${span.statusMessage}` : 'not failed';
  const when = `${timeText(Number(span.startNs / 1_000_000n))}, ${msText(Number(span.durationNs))}`;
  told.line(`${span.service} ${span.name}, ${when}, ${outcome}`);
  told.line(`attributes: ${attributesText(plainAttributes(span.attributes))}`);
  told.line(`resource: ${attributesText(plainAttributes(span.resource))}`);
  for (const event of span.events)
    told.line(`event ${event.name}: ${attributesText(plainAttributes(event.attributes))}`);
  for (const link of span.links) told.line(`link to trace ${link.traceId} span ${link.spanId}`);
}

function attributesText(attributes: object): string {
  return Object.entries(attributes)
    .map(([key, value]) => `${key}=${(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 300)}`)
    .join('  ');
}

export function bodyText(body: unknown): string {
  return (typeof body === 'string' ? body : JSON.stringify(body)).slice(0, 1000);
}
