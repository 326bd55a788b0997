/** Lines that Loki's API answered, as the records that lists of logs draw. */
import type { LogRecord } from '#api/types.ts';
import type { Panel } from '#dashboards';
import type { LogLine } from './ask.ts';

/** OTLP's number for what a line calls its level. */
const LEVELS: readonly (readonly [pattern: RegExp, severityNumber: number])[] = [
  [/^(?:fatal|crit|emerg|alert|panic)/i, 21],
  [/^err|^e$/i, 17],
  [/^warn|^w$/i, 13],
  [/^info|^notice|^i$/i, 9],
  [/^debug|^dbug|^d$/i, 5],
  [/^trace/i, 1],
];
const LEVEL_LABELS = ['detected_level', 'level', 'severity_text', 'severity', 'lvl', 'loglevel'] as const;
const SERVICE_LABELS = ['service_name', 'service', 'app', 'job', 'container'] as const;
/** They stand in places of their own, or say nothing. */
const PLACED = new Set<string>([
  ...['service_name', 'detected_level', 'trace_id', 'traceid', 'traceID', 'span_id', 'spanid', 'spanID'],
  ...['severity_number', 'severity_text', 'observed_timestamp', 'flags', 'scope_name'],
]);

/** Newest first, unless the panel says otherwise. All labels of a line are its attributes where the panel shows them; `labels` has them anyway. */
export function logRecords(panel: Panel, lines: readonly LogLine[]): readonly LogRecord[] {
  const { showLabels, sortOrder } = panel.options;
  const records = lines.map(({ timeNs, text, labels }, place): LogRecord => {
    const level = LEVEL_LABELS.map((name) => labels[name]).find((found) => found !== undefined && found !== '') ?? '';
    return {
      id: String(place),
      timeNs,
      timeMs: Number(timeNs.slice(0, -6)),
      service: SERVICE_LABELS.map((name) => labels[name]).find((found) => found !== undefined && found !== '') ?? '',
      severityNumber: Number(labels.severity_number) || (LEVELS.find(([pattern]) => pattern.test(level))?.[1] ?? 0),
      severityText: level === 'unknown' ? '' : level,
      body: text,
      traceId: labels.trace_id ?? labels.traceid ?? labels.traceID ?? '',
      spanId: labels.span_id ?? labels.spanid ?? labels.spanID ?? '',
      eventName: '',
      attributes: showLabels === true ? withoutPlaced(labels) : {},
      resource: {},
      scope: '',
    };
  });
  const sign = sortOrder === 'Ascending' ? 1 : -1;
  return records.toSorted(
    (a, b) => sign * (a.timeNs.length - b.timeNs.length || (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0)),
  );
}

function withoutPlaced(labels: LogLine['labels']): LogRecord['attributes'] {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !PLACED.has(name)));
}

/** Whether lines are wrapped. */
export function isWrapped({ options }: Panel): boolean {
  return options.wrapLogMessage === true || options.prettifyLogMessage === true;
}
