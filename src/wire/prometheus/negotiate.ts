import { type EscapingScheme, escapeName, isEscapingScheme } from './escape-names.ts';
import { type ExposedFamily, type ExposedSample, isLegacyName, LabelSet } from './exposition.ts';
import { writePrometheusProtobuf } from './write-protobuf.ts';
import { writeOpenMetrics, writePrometheusText } from './write-text.ts';

/** What a scrape is answered in. */
export interface ExpositionFormat {
  readonly contentType: string;
  readonly write: (families: Iterable<ExposedFamily>) => Generator<string | Uint8Array>;
}

interface Accepted {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/**
 * The first format of an Accept header that we write; the text format where there is none. Names are escaped as the header asks, to
 * underscores where it doesn't (prometheus/common@v0.70.1 expfmt/encode.go).
 */
export function negotiateExposition(
  accept: string,
  { openMetrics }: { readonly openMetrics: boolean },
): ExpositionFormat {
  let escaping: EscapingScheme = 'underscores';
  for (const { type, parameters } of parseAccept(accept)) {
    const asked = parameters.get('escaping') ?? '';
    if (isEscapingScheme(asked)) escaping = asked;
    const version = parameters.get('version') ?? '';
    const isProtobuf =
      type === 'application/vnd.google.protobuf' && parameters.get('proto') === 'io.prometheus.client.MetricFamily';
    if (isProtobuf && parameters.get('encoding') === 'delimited') {
      return formatOf(PROTOBUF, escaping, writePrometheusProtobuf);
    }
    if (type === 'text/plain' && (version === '0.0.4' || version === '')) break;
    if (openMetrics && type === 'application/openmetrics-text' && ['0.0.1', '1.0.0', ''].includes(version)) {
      const head = `application/openmetrics-text; version=${version || '0.0.1'}; charset=utf-8`;
      return formatOf(head, escaping, writeOpenMetrics);
    }
  }
  return formatOf('text/plain; version=0.0.4; charset=utf-8', escaping, writePrometheusText);
}

const PROTOBUF = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

function formatOf(
  head: string,
  escaping: EscapingScheme,
  write: (families: Iterable<ExposedFamily>) => Generator<string | Uint8Array>,
): ExpositionFormat {
  return {
    contentType: `${head}; escaping=${escaping}`,
    write: (families) => write(escaping === 'allow-utf-8' ? families : escaped(families, escaping)),
  };
}

/** Longer headers are no list of media types; each costs a little. */
const ACCEPTED_LIMIT = 32;

/** In the order of preference. */
function parseAccept(accept: string): Accepted[] {
  const found = accept
    .split(',', ACCEPTED_LIMIT)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [type = '', ...rest] = part.split(';');
      const parameters = new Map(
        rest.map((one) => {
          const [name = '', value = ''] = one.split('=', 2);
          return [name.trim(), value.trim().replace(/^"|"$/g, '')] as const;
        }),
      );
      const quality = Number(parameters.get('q') ?? 1);
      return { type: type.trim(), parameters, quality: Number.isFinite(quality) ? quality : 1 };
    });
  return found.sort((one, other) => other.quality - one.quality);
}

function* escaped(families: Iterable<ExposedFamily>, scheme: EscapingScheme): Generator<ExposedFamily> {
  for (const { name, help, type, samples } of families) {
    yield { name: escapeName(name, scheme), help, type, samples: escapedSamples(samples, scheme) };
  }
}

function* escapedSamples(samples: Iterable<ExposedSample>, scheme: EscapingScheme): Generator<ExposedSample> {
  for (const sample of samples) {
    const { pairs } = sample.labels;
    if (pairs.every(([name]) => isLegacyName(name))) yield sample;
    else {
      const { timestampMs, createdNs, value, exemplar, summary, histogram } = sample;
      const labels = new LabelSet(pairs.map(([name, text]) => [escapeName(name, scheme), text]));
      yield { labels, timestampMs, createdNs, value, exemplar, summary, histogram };
    }
  }
}
