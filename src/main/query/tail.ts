import { shown, timeText } from './print.ts';

/** Of a record of the console's API, what a line shows. */
export interface TailedRecord {
  readonly id: string;
  readonly timeMs: number;
  readonly service: string;
  /** 1 to 24, 0 for none. */
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: unknown;
  readonly traceId: string;
}

const [WARN, ERROR] = [13, 17];
const [YELLOW, RED] = ['33', '31'];

/** Time to the ms, level, service, text, and the trace that it belongs to. */
export function printRecord(record: TailedRecord, hasColours: boolean): string {
  const { timeMs, service, severityNumber, severityText, body, traceId } = record;
  const time = `${timeText(timeMs)}.${String(Math.floor(timeMs % 1000)).padStart(3, '0')}`;
  const colour = severityNumber >= ERROR ? RED : severityNumber >= WARN ? YELLOW : undefined;
  const level = shown(severityText.slice(0, 5)).padEnd(5);
  const text = shown(typeof body === 'string' ? body : JSON.stringify(body));
  const painted = hasColours && colour !== undefined ? `\u001b[${colour}m${level}\u001b[0m` : level;
  return `${time}  ${painted}  ${shown(service)}  ${text}${traceId === '' ? '' : `  trace=${traceId}`}\n`;
}
