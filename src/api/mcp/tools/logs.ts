import { logHistogram, QueryError, readLogPatterns, SEVERITY_GROUPS, searchLogs, severityName } from '#query';
import { parseId } from '../../http/parameters.ts';
import { numberText, timeText } from '../told.ts';
import { type ArgumentSchema, type Asked, RANGE, type Tool } from '../tool.ts';
import { bodyText } from './trace.ts';

const ARGUMENTS: Readonly<Record<string, ArgumentSchema>> = {
  filter: {
    type: 'string',
    description: 'the filter language: service=orders severity>=warn key=value "text in the line"',
  },
  service: { type: 'string', description: 'service.name' },
  severity: { type: 'string', description: `words of ${SEVERITY_GROUPS.join(', ')}, with commas between` },
  trace_id: { type: 'string', description: 'lines of one trace' },
  environment: { type: 'string', description: 'deployment.environment.name' },
  ...RANGE,
};
function filterOf(asked: Asked) {
  const traceId = asked.text('trace_id');
  const words =
    asked
      .text('severity')
      ?.split(',')
      .map((word) => word.trim()) ?? [];
  const severities = words.map((word) => SEVERITY_GROUPS.find((group) => group === word));
  if (severities.includes(undefined))
    throw new QueryError('bad_query', `severity can't be ${words.join(', ').slice(0, 80)}`, {
      hint: SEVERITY_GROUPS.join(', '),
    });
  return {
    ...asked.range(),
    q: asked.text('filter'),
    service: asked.text('service'),
    severities: severities.flatMap((group) => group ?? []),
    traceId: traceId === undefined ? undefined : parseId(traceId, 16, 'trace id'),
    environment: asked.text('environment'),
  };
}

export const LOGS: Tool = {
  name: 'logs',
  title: 'Log records',
  description:
    'How many records match by level, and the newest of them. For what many lines have in common ask log_patterns first: it takes less room.',
  arguments: { ...ARGUMENTS, limit: { type: 'integer', description: 'how many lines: 30 without it, 200 at most' } },
  run: async (asked, told) => {
    const { reader, options } = asked.context;
    const filter = filterOf(asked);
    const limit = asked.count('limit', 30, 200);
    const [{ groups, total }, { logs, truncated, nearestMs }] = await Promise.all([
      logHistogram(reader, filter, options),
      searchLogs(reader, { ...filter, limit, direction: 'older' }, options),
    ]);
    const levels = groups
      .filter((group) => group.total > 0)
      .map(({ severity, total: count }) => `${severity} ${count}`)
      .join(', ');
    told.line(
      `${total} records, ${timeText(filter.fromMs)} to ${timeText(filter.toMs)}${levels === '' ? '' : `: ${levels}`}`,
    );
    if (logs.length === 0 && nearestMs !== undefined) told.line(`the nearest match is at ${timeText(nearestMs)}`);
    told.table(
      ['time', 'level', 'service', 'line', 'trace_id'],
      logs.map((log) => [timeText(log.timeMs), log.severityText, log.service, bodyText(log.body), log.traceId]),
      'add a condition, a severity or a shorter range, or ask log_patterns',
      { isCut: truncated },
    );
  },
};

export const LOG_PATTERNS: Tool = {
  name: 'log_patterns',
  title: 'What many log lines have in common',
  description:
    'Templates of the newest lines that match, the most frequent first; <_> is where lines differ. Ask logs for the lines themselves.',
  arguments: ARGUMENTS,
  run: async (asked, told) => {
    const { reader, options } = asked.context;
    const { patterns, patternCount, lookedAt, isWhole } = await readLogPatterns(reader, filterOf(asked), options);
    told.line(`${patternCount} patterns in ${isWhole ? `${lookedAt} lines` : `the newest ${lookedAt} lines`}`);
    told.table(
      ['lines', 'share', 'level', 'pattern', 'first'],
      patterns.map(({ count, severityNumber, pattern, firstMs }) => [
        count,
        `${numberText((100 * count) / lookedAt)} %`,
        severityName(severityNumber),
        pattern,
        timeText(firstMs),
      ]),
      'add a condition or a severity',
      { isCut: patternCount > patterns.length },
    );
  },
};
