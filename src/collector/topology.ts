import type { HostDescription, Meter } from '#component';
import type { StatusEntry } from './status.ts';

const STATUS_MESSAGE_LIMIT = 200;

/**
 * Publishes the graph as a metric, so that the console can draw it from the store alone: `signalbox.pipeline.component` is 1 for each
 * component of each pipeline, with its kind, position and status as labels.
 */
export class Topology {
  readonly #meter: Meter;
  #removals: (() => void)[] = [];

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  publish(description: HostDescription): void {
    this.clear();
    const statusOf = (kind: string, id: string, pipeline: string): StatusEntry | undefined =>
      description.statuses.find((entry) => entry.kind === kind && entry.id === id && entry.pipeline === pipeline);
    for (const pipeline of description.pipelines) {
      let position = 0;
      const add = (kind: string, id: string, own: string): void => {
        const isConnector = kind !== 'processor' && statusOf(kind, id, '') === undefined;
        const shown = isConnector ? 'connector' : kind;
        const status = statusOf(shown, id, own);
        this.#gauge({
          'otelcol.pipeline.id': pipeline.id,
          'otelcol.signal': pipeline.signal,
          'otelcol.component.kind': shown,
          'otelcol.component.id': id,
          'signalbox.position': String(position++),
          'signalbox.role': kind,
          'signalbox.status': status?.status ?? 'starting',
          'signalbox.status.message': (status?.message ?? '').slice(0, STATUS_MESSAGE_LIMIT),
        });
      };
      for (const id of pipeline.receivers) add('receiver', id, '');
      for (const id of pipeline.processors) add('processor', id, pipeline.id);
      for (const id of pipeline.exporters) add('exporter', id, '');
    }
    for (const id of description.extensions) {
      const status = statusOf('extension', id, '');
      this.#gauge({
        'otelcol.component.kind': 'extension',
        'otelcol.component.id': id,
        'signalbox.status': status?.status ?? 'starting',
        'signalbox.status.message': (status?.message ?? '').slice(0, STATUS_MESSAGE_LIMIT),
      });
    }
  }

  clear(): void {
    for (const remove of this.#removals.splice(0)) remove();
  }

  #gauge(labels: Readonly<Record<string, string>>): void {
    const options = { unit: '1', description: 'The components of each pipeline in order, with their status' };
    this.#removals.push(this.#meter.gauge('signalbox.pipeline.component', options, () => 1, labels));
  }
}
