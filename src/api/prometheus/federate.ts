import { DEFAULT_OPTIONS, type Labels, newestSamples, StoreSource } from '#query/promql.ts';
import { type Answer, StreamedAnswer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { plainFailure } from '../shared/plain.ts';
import { numberText } from '../shared/series-json.ts';
import { inForm } from './errors.ts';
import { anySelectorsOf, parametersOf } from './parameters.ts';

/** `/federate`: the newest samples of series as text, for another Prometheus to scrape. Native histograms have no form in it. */
export const federateRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/federate',
    failed: plainFailure,
    answer: inForm((request) => federate(request, parametersOf(request))),
  },
];

const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

async function federate({ reader, options }: ApiRequest, query: QueryString): Promise<Answer> {
  const source = new StoreSource(reader, options);
  const nowMs = Date.now();
  const lines = new Map<string, string>();
  for (const matchers of anySelectorsOf(query)) {
    for (const { labels, timeMs, value } of await newestSamples(source, matchers, nowMs, DEFAULT_OPTIONS.lookbackMs)) {
      const name = sampleName(labels);
      lines.set(name, `${name} ${numberText(value)} ${timeMs}\n`);
    }
  }
  return new StreamedAnswer(TEXT_TYPE, textOf(lines));
}

function* textOf(lines: ReadonlyMap<string, string>): Generator<string> {
  let last = '';
  for (const line of [...lines.values()].sort()) {
    const name = line.slice(0, line.search(/[{ ]/));
    if (name !== last) yield `# TYPE ${name} untyped\n`;
    last = name;
    yield line;
  }
}

function sampleName(labels: Labels): string {
  const pairs = labels.pairs
    .filter(([name]) => name !== '__name__')
    .map(([name, value]) => `${name.replaceAll(/[^a-zA-Z0-9_]/g, '_')}="${escaped(value)}"`);
  const name = labels.metricName.replaceAll(/[^a-zA-Z0-9_:]/g, '_');
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
