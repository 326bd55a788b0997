import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

/** One line of the benchmark table. */
export interface Row {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  /** The peer's figure of the same run, or ''. */
  readonly peer: string;
  readonly met: boolean;
}

/** What a case returns: its lines, and everything that it measured, for the raw file. */
export interface CaseResult {
  readonly rows: readonly Row[];
  readonly raw: unknown;
}

/** What the command line says of a case's data. */
export interface BenchOptions {
  /** How many items. */
  readonly items?: number;
  /** Where data is kept. */
  readonly dataDir?: string;
}

export interface BenchCase {
  readonly name: string;
  /** Takes so long that it does not run where no case is named. */
  readonly onlyByName?: boolean;
  run(options: BenchOptions): Promise<CaseResult>;
}

const RESULTS = new URL('../results/', import.meta.url);

/** Writes the raw measurements of a case, with the machine's size and load, to bench/results/<name>.json. */
export function writeRaw(name: string, raw: unknown): void {
  mkdirSync(RESULTS, { recursive: true });
  const machine = { cores: cpus().length, model: cpus()[0]?.model, loadAverage: loadavg(), node: process.version };
  writeFileSync(
    new URL(`${name}.json`, RESULTS),
    `${JSON.stringify({ date: new Date().toISOString(), machine, raw }, undefined, 2)}\n`,
  );
}

/** The rows as a Markdown table. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(
    (row) => `| ${row.what} | ${row.goal} | ${row.measured} | ${row.peer} | ${row.met ? 'yes' : 'no'} |`,
  );
  return ['| what | must reach | measured | beside it | met |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}

/** 1234567 as `1.23 M`, 131400 as `131 k`. */
export function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e3) return `${Math.round(value / 1e3)} k`;
  return String(Math.round(value));
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}
