import type { MetricSink } from '#store';
import { TextAnswer } from '../http/answers.ts';
import type { ApiRoute } from '../http/plugin.ts';

/** What was pushed to this server since it started, and what of it was not taken: in Prometheus' text format at `/prometheus/metrics`. */
export class PushCounts {
  readonly #byStatus: Record<string, number> = {};
  #samples = 0;
  #refused = 0;

  /** A request was answered with a status: beyond 299 it, or some of it, was not taken. */
  answered(status: number): void {
    this.#byStatus[status] = (this.#byStatus[status] ?? 0) + 1;
  }

  /** So many samples, histograms and points are on disk; `refused` series or samples can't be taken. */
  took(samples: number, refused: number): void {
    this.#samples += samples;
    this.#refused += refused;
  }

  /** At the root the path is a page of the console. */
  route(sink: MetricSink | undefined): ApiRoute {
    return {
      method: 'GET',
      path: '/metrics',
      isBelowFirst: true,
      answer: () => new TextAnswer(TEXT, this.#text(sink)),
    };
  }

  #text(sink: MetricSink | undefined): string {
    const states = sink?.counts;
    return [
      ...counter('signalbox_push_requests_total', 'Requests that push metrics.', 'code', this.#byStatus),
      ...counter('signalbox_push_samples_total', 'Samples, histograms and points that were taken.', '', this.#samples),
      ...counter('signalbox_push_refused_total', 'Series and samples that can not be taken.', '', this.#refused),
      ...(states === undefined
        ? []
        : counter('signalbox_push_points_total', 'Points by what became of them behind the API.', 'state', {
            ...states,
          })),
      '',
    ].join('\n');
  }
}

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/** Its lines: one value, or one for each value of a label. */
function counter(
  name: string,
  help: string,
  label: string,
  value: number | Readonly<Record<string, number>>,
): string[] {
  const lines =
    typeof value === 'number'
      ? [`${name} ${value}`]
      : Object.entries(value).map(([each, count]) => `${name}{${label}="${each}"} ${count}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...lines];
}
