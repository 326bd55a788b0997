/** Log records and exceptions, for people who ask in SQL. */
import {
  MAP_TYPE,
  OF_RESOURCE,
  type SqlView,
  sqlColumns,
  TIME_TYPE,
  WORD,
  withResource,
  withScope,
} from './sql-view.ts';
import { attributeMap, idText } from './views.ts';

/** Of OpenTelemetry's data model: four numbers a level. */
const LEVEL = `CAST(transform(intDiv(toInt16(record.severity_number) + 3, 4), [1, 2, 3, 4, 5, 6],
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal'], ''), 'LowCardinality(String)')`;

const LOGS: SqlView = {
  name: 'logs',
  text: 'a row for each log record',
  columns: sqlColumns([
    ['time', TIME_TYPE, 'its time; where it has none, when it was seen', 'record.time'],
    ['level', WORD, 'trace, debug, info, warn, error, fatal, or empty: of its severity number', LEVEL],
    ['severity_text', WORD, 'its severity as it came', 'record.severity_text'],
    ['severity_number', 'UInt8', '1 to 24, 0 for none', 'record.severity_number'],
    ['service', WORD, 'service.name of its resource', 'record.service_name'],
    ['body', 'String', 'the line; JSON where it is no text', 'record.body'],
    ['event_name', WORD, 'its name, of an event', 'record.event_name'],
    ['trace_id', 'String', '32 hex digits; empty where it belongs to none', idText('record.trace_id', 16)],
    ['span_id', 'String', '16 hex digits; empty where it belongs to none', idText('record.span_id', 8)],
    ['attributes', MAP_TYPE, 'all attributes as texts', attributeMap('record.attributes', 'record.attributes_other')],
    ...OF_RESOURCE,
    ['scope', 'String', 'the logger', 'scope.name'],
    ['ingested_at', TIME_TYPE, 'when it was taken in', 'record.ingested_at'],
  ]),
  from: (database) => `FROM ${database}.logs AS record
${withResource(database, 'record')}
${withScope(database, 'record')}`,
};

const EXCEPTIONS: SqlView = {
  name: 'exceptions',
  text: 'a row for each exception, recorded as an event of a span or as a log record',
  columns: sqlColumns([
    ['time', TIME_TYPE, 'when it happened', 'exception.time'],
    ['source', 'String', 'span event or log record', 'exception.source'],
    ['service', WORD, "the service's name", 'exception.service_name'],
    ['type', 'String', 'exception.type', 'exception.type'],
    ['message', 'String', 'exception.message', 'exception.message'],
    ['stacktrace', 'String', 'exception.stacktrace', 'exception.stacktrace'],
    ['trace_id', 'String', '32 hex digits; empty where it belongs to none', idText('exception.trace_id', 16)],
    ['span_id', 'String', '16 hex digits; empty where it belongs to none', idText('exception.span_id', 8)],
  ]),
  from: (database) => `FROM ${database}.exceptions AS exception`,
};

export const LOG_SQL_VIEWS: readonly SqlView[] = [LOGS, EXCEPTIONS];
