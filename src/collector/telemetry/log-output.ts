import { closeSync, openSync, writeSync } from 'node:fs';
import { messageOf, StartError } from '#base';
import type { LineSink } from './logger.ts';

export interface LogOutput {
  readonly write: LineSink;
  close(): void;
}

/** Opens `service.telemetry.logs.output_paths`: `stderr`, `stdout` or files that are appended to. Throws a StartError. */
export function openLogOutput(paths: readonly string[]): LogOutput {
  const files: number[] = [];
  const sinks = paths.map((path): LineSink => {
    if (path === 'stderr') return (line) => void process.stderr.write(`${line}\n`);
    if (path === 'stdout') return (line) => void process.stdout.write(`${line}\n`);
    const file = openFile(path);
    files.push(file);
    return (line) => void writeSync(file, `${line}\n`);
  });
  return {
    write: (line) => {
      for (const sink of sinks) sink(line);
    },
    close: () => {
      for (const file of files.splice(0)) closeSync(file);
      sinks.length = 0;
    },
  };
}

function openFile(path: string): number {
  try {
    return openSync(path.replace(/^file:(\/\/)?/, ''), 'a');
  } catch (error) {
    throw new StartError(
      `service::telemetry::logs::output_paths: cannot write ${path}: ${messageOf(error)}`,
      'use stderr, stdout or a file in a folder that can be written',
      { cause: error },
    );
  }
}
