import { closeSync, openSync, writeSync } from 'node:fs';
import { type Clock, messageOf, StartError } from '#base';
import type { LogsTelemetryConfig } from '#config';
import type { LineSink } from './logger.ts';

export interface LogOutput {
  /** Never throws: what can't be written is said on the error outputs, if there is one that takes it. */
  readonly write: LineSink;
  close(): void;
}

/** A disk that is full fails line by line: it is said so often at most. */
const COMPLAIN_EVERY_MS = 10_000;

/**
 * Opens the `output_paths` and `error_output_paths` of `service.telemetry.logs`: `stderr`, `stdout` or files that are appended to.
 * Throws a StartError.
 */
export function openLogOutput(
  config: Pick<LogsTelemetryConfig, 'outputPaths' | 'errorOutputPaths'>,
  clock: Clock,
): LogOutput {
  const files: number[] = [];
  const open = (key: string, paths: readonly string[]): LineSink[] => paths.map((path) => openSink(key, path, files));
  let sinks: readonly LineSink[];
  let errorSinks: readonly LineSink[];
  try {
    sinks = open('output_paths', config.outputPaths);
    errorSinks = open('error_output_paths', config.errorOutputPaths);
  } catch (error) {
    for (const file of files) closeSync(file);
    throw error;
  }
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  const complain = (error: unknown): void => {
    const nowMs = clock.monotonicMs();
    if (nowMs < quietUntilMs) return;
    quietUntilMs = nowMs + COMPLAIN_EVERY_MS;
    const line = `${new Date(clock.nowMs()).toISOString()} write error: ${messageOf(error)}`;
    writeAll(errorSinks, line, () => undefined);
  };
  return {
    write: (line) => writeAll(sinks, line, complain),
    close: () => {
      sinks = [];
      errorSinks = [];
      for (const file of files.splice(0)) closeSync(file);
    },
  };
}

function writeAll(sinks: readonly LineSink[], line: string, onError: (error: unknown) => void): void {
  for (const sink of sinks) {
    try {
      sink(line);
    } catch (error) {
      onError(error);
    }
  }
}

function openSink(key: string, path: string, files: number[]): LineSink {
  if (path === 'stderr') return (line) => void process.stderr.write(`${line}\n`);
  if (path === 'stdout') return (line) => void process.stdout.write(`${line}\n`);
  try {
    const file = openSync(path.replace(/^file:(\/\/(localhost)?)?/, ''), 'a');
    files.push(file);
    return (line) => void writeSync(file, `${line}\n`);
  } catch (error) {
    throw new StartError(
      `service::telemetry::logs::${key}: cannot write ${path}: ${messageOf(error)}`,
      'use stderr, stdout or a file in a folder that can be written',
      { cause: error },
    );
  }
}
