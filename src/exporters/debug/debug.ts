import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { messageOf, StartError } from '#base';
import type { CreateSettings, Exporter, Host, LogFields } from '#component';
import type { Batch, PointChunk, Signal } from '#pdata';
import type { DebugExporterConfig } from './config.ts';
import { detailedText } from './detailed.ts';
import { normalText } from './normal.ts';
import { Sampler } from './sampler.ts';
import { countResources } from './walk.ts';

const TITLE: Readonly<Record<Signal, string>> = { traces: 'Traces', metrics: 'Metrics', logs: 'Logs' };

/** Prints batches for humans. It takes every batch: what can't be printed is said in a line, and is no error for the pipeline. */
export class DebugExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: DebugExporterConfig;
  readonly #sampler: Sampler;
  readonly #logOutput: Writable;
  #outputs: readonly Writable[] = [];

  /** `logOutput`: where the collector's log goes. A log keeps each message on one line, so the items are written beside it. */
  constructor(settings: CreateSettings, config: DebugExporterConfig, logOutput: Writable = process.stderr) {
    this.#logOutput = logOutput;
    this.#settings = settings;
    this.#config = config;
    this.#sampler = new Sampler(settings.clock, config.samplingInitial, config.samplingThereafter);
  }

  async start(_host: Host): Promise<void> {
    if (this.#config.useInternalLogger) return;
    this.#outputs = await Promise.all(this.#config.outputPaths.map((path) => openOutput(path, this.#settings)));
  }

  async shutdown(_deadlineMs: number): Promise<void> {
    const files = this.#outputs.filter((output) => output !== process.stdout && output !== process.stderr);
    this.#outputs = [];
    await Promise.all(files.map((file) => new Promise<void>((resolve) => file.end(resolve))));
  }

  async consume(batch: Batch): Promise<void> {
    if (!this.#sampler.pass()) return;
    try {
      this.#print(batch);
    } catch (error) {
      this.#settings.logger.warn('A batch could not be printed', { error: messageOf(error) });
    }
  }

  #print(batch: Batch): void {
    const title = TITLE[batch.signal];
    const counts = countsOf(batch);
    const { verbosity } = this.#config;
    const body = verbosity === 'basic' ? '' : verbosity === 'normal' ? normalText(batch) : detailedText(batch);
    if (this.#config.useInternalLogger) {
      this.#settings.logger.info(title, counts);
      if (body !== '') this.#logOutput.write(`${body}\n`);
      return;
    }
    // As otelcol's log writes them: a body ends its last line, and the message that it is ends in another one.
    const fields = JSON.stringify(counts).replaceAll('":', '": ').replaceAll(',"', ', "');
    const text = `${title}\t${fields}\n${body === '' ? '' : `${body}\n\n`}`;
    for (const output of this.#outputs) output.write(text);
  }
}

/** The counts that otelcol prints for each signal. */
function countsOf(batch: Batch): LogFields {
  const resources = countResources(batch.chunks);
  switch (batch.signal) {
    case 'traces':
      return { 'resource spans': resources, spans: batch.itemCount };
    case 'logs':
      return { 'resource logs': resources, 'log records': batch.itemCount };
    case 'metrics':
      return { 'resource metrics': resources, metrics: countMetrics(batch), 'data points': batch.itemCount };
  }
}

function countMetrics(batch: Batch): number {
  let count = 0;
  for (const chunk of batch.chunks as readonly PointChunk[]) {
    const seen = new Set<number>();
    for (let i = 0; i < chunk.count; i++) seen.add(chunk.columns.metric[chunk.rowAt(i)]!);
    count += seen.size;
  }
  return count;
}

function openOutput(path: string, settings: CreateSettings): Promise<Writable> {
  if (path === 'stdout') return Promise.resolve(process.stdout);
  if (path === 'stderr') return Promise.resolve(process.stderr);
  const file = createWriteStream(path, { flags: 'a' });
  return new Promise((resolve, reject) => {
    file.once('open', () => {
      file.off('error', reject);
      file.on('error', (error) => settings.logger.warn('Writing failed', { path, error: error.message }));
      resolve(file);
    });
    file.once('error', (error) => {
      const message = `exporters::${settings.id}::output_paths: can't write "${path}": ${error.message}`;
      reject(new StartError(message, undefined, { cause: error }));
    });
  });
}
