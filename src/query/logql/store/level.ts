/** `detected_level`, which Loki gives every line: by its severity, by a field that names it, or by a word in the line. */

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'critical' | 'fatal' | 'unknown';

/** Of OTLP's severity numbers, four of which are one level. */
export const BY_SEVERITY: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

const BY_WORD: Readonly<Record<string, Level>> = {
  trace: 'trace',
  trc: 'trace',
  debug: 'debug',
  dbg: 'debug',
  info: 'info',
  inf: 'info',
  information: 'info',
  informational: 'info',
  notice: 'info',
  warn: 'warn',
  wrn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  critical: 'critical',
  crit: 'critical',
  fatal: 'fatal',
  emerg: 'fatal',
  panic: 'fatal',
};

/** Labels and structured metadata that say it, the first that is there. */
const NAMES = [
  ...['level', 'LEVEL', 'Level', 'log_level', 'severity', 'SEVERITY', 'Severity', 'SeverityText'],
  ...['lvl', 'LVL', 'Lvl', 'severity_text', 'Severity_Text', 'SEVERITY_TEXT'],
];
/** Fields that say it, in JSON and logfmt lines. */
const FIELD =
  /(?:^|[\s,{"])(?:level|LEVEL|Level|severity|SEVERITY|Severity|lvl|LVL|Lvl|severity_text|SeverityText)"?\s*[=:]\s*"?([a-zA-Z]+)/;
/** Of a line without such a field its beginning is looked at. */
const WORD = /\b(critical|fatal|error|warn(?:ing)?|debug|info|trace|err)\b/i;
const LOOKED_AT = 500;

/**
 * `severityNumber` as OTLP counts, 0 for none; `labelOf` a name gives the value of that label of the stream, or of that structured metadata. A
 * word that is no level stays as it is.
 */
export function detectedLevel(severityNumber: number, labelOf: (name: string) => string, line: string): string {
  if (severityNumber >= 1 && severityNumber <= 24) return BY_SEVERITY[(severityNumber - 1) >> 2]!;
  for (const name of NAMES) {
    const value = labelOf(name);
    if (value !== '') return BY_WORD[value.toLowerCase()] ?? value;
  }
  const start = line.slice(0, LOOKED_AT);
  const field = BY_WORD[FIELD.exec(start)?.[1]?.toLowerCase() ?? ''];
  return field ?? BY_WORD[WORD.exec(start)?.[1]?.toLowerCase() ?? ''] ?? 'unknown';
}
