import { searchTraces } from '#query';
import { msText, timeText } from '../told.ts';
import { RANGE, type Tool } from '../tool.ts';

const SORTS = ['newest', 'slowest', 'spans', 'errors'] as const;
const STATUSES = ['any', 'ok', 'error'] as const;

export const SEARCH_TRACES: Tool = {
  name: 'search_traces',
  title: 'Search traces',
  description:
    'Traces of which a span meets all conditions: id, start, duration, root, spans, errors, services. Then ask trace for one of them.',
  arguments: {
    filter: {
      type: 'string',
      description: 'the filter language: service=orders status=error duration>250ms http.route="/x" key~"regex" "text"',
    },
    service: { type: 'string', description: 'service.name of the span' },
    operation: { type: 'string', description: 'name of the span' },
    status: { type: 'string', description: 'of the span', enum: STATUSES },
    min_duration: { type: 'string', description: 'of the span: 250ms, 2s' },
    environment: { type: 'string', description: 'deployment.environment.name' },
    sort: { type: 'string', description: 'newest without it', enum: SORTS },
    limit: { type: 'integer', description: 'how many traces: 20 without it, 100 at most' },
    ...RANGE,
  },
  run: async (asked, told) => {
    const { reader, options } = asked.context;
    const range = asked.range();
    const limit = asked.count('limit', 20, 100);
    const status = asked.oneOf('status', STATUSES, 'any');
    const minMs = asked.duration('min_duration');
    const { traces, truncated, nearestMs } = await searchTraces(
      reader,
      {
        ...range,
        q: asked.text('filter'),
        service: asked.text('service'),
        operation: asked.text('operation'),
        environment: asked.text('environment'),
        minDurationNs: minMs === undefined ? undefined : minMs * 1e6,
        status: status === 'any' ? undefined : status,
        sort: asked.oneOf('sort', SORTS, 'newest'),
        limit,
      },
      options,
    );
    told.line(`${timeText(range.fromMs)} to ${timeText(range.toMs)}`);
    if (traces.length === 0 && nearestMs !== undefined)
      told.line(`nothing here; the nearest match is at ${timeText(nearestMs)}`);
    told.table(
      ['trace_id', 'start', 'duration', 'root', 'spans', 'errors', 'services'],
      traces.map((trace) => [
        trace.traceId,
        timeText(Number(trace.startNs / 1_000_000n)),
        msText(Number(trace.endNs - trace.startNs)),
        `${trace.rootService} ${trace.rootOperation}${trace.rootMissing ? ' (root missing)' : ''}`,
        trace.spanCount,
        trace.errorCount,
        trace.services.slice(0, 8).join(','),
      ]),
      'add a condition, or a shorter range',
      { isCut: truncated },
    );
  },
};
