import { describe, expect, test } from 'vitest';
import { ArenaWriter, Batch } from '#pdata';
import { encodeOtlpJson } from '../otlp/json-encode.ts';
import { ScrapeMetrics } from './scrape-metrics.ts';
import { type ScrapeOptions, ScrapeReader } from './scrape-reader.ts';
import { scrapeOptions, sortedLabels } from './testing/scrape.ts';

interface Json {
  // biome-ignore lint/suspicious/noExplicitAny: what is looked at is said by each test
  [key: string]: any;
}

/** Reads bodies one after the other, as a target's scrapes, and says what became of the last one. */
class Target {
  readonly metrics = new ScrapeMetrics({
    trimsSuffixes: false,
    scope: { name: 'receiver', version: '1' },
    job: 'shop',
    instance: 'a:1',
    resourceOf: (job, instance) => [
      ['service.name', job],
      ['service.instance.id', instance],
    ],
  });
  resolved = 0;
  readonly reader = new ScrapeReader(this.metrics, {
    resolve: (labels) => {
      this.resolved++;
      return sortedLabels(labels);
    },
  });
  #timeMs = 0;

  scrape(body: string | Uint8Array, options: Partial<ScrapeOptions> = {}): Json {
    this.#timeMs += 1000;
    this.metrics.begin(this.#timeMs);
    const counts = this.reader.read(Buffer.from(body), scrapeOptions(options));
    return { counts, ...this.finish() };
  }

  miss(): Json {
    this.#timeMs += 1000;
    this.metrics.begin(this.#timeMs);
    this.reader.missed();
    return this.finish();
  }

  finish(): Json {
    const chunk = this.metrics.finish();
    this.reader.forgetStale();
    if (chunk === undefined) return { metrics: {}, resources: [] };
    const text = encodeOtlpJson(new Batch('metrics', [chunk])).toString();
    const { resourceMetrics: resources } = JSON.parse(text) as { resourceMetrics: Json[] };
    const metrics: Json = {};
    for (const resource of resources) {
      for (const scope of resource['scopeMetrics']) {
        for (const metric of scope['metrics']) metrics[metric.name] = metric;
      }
    }
    return { metrics, resources };
  }
}

const plain = (attributes: { key: string; value: { stringValue: string } }[] = []): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));

describe('what a target exposes becomes OTLP', () => {
  test('a counter is a monotonic cumulative sum that keeps its name', () => {
    const { metrics } = new Target().scrape(
      '# HELP http_requests_total Requests \\\\ so far\\n\n# TYPE http_requests_total counter\nhttp_requests_total{code="200", path="/a\\"b"} 1027\n',
    );
    expect(metrics['http_requests_total']).toMatchObject({
      description: 'Requests \\ so far\n',
      metadata: [{ key: 'prometheus.type', value: { stringValue: 'counter' } }],
      sum: { aggregationTemporality: 2, isMonotonic: true },
    });
    const [point] = metrics['http_requests_total'].sum.dataPoints;
    expect(point).toMatchObject({ asDouble: 1027, timeUnixNano: '1000000000' });
    expect(plain(point.attributes)).toEqual({ code: '200', path: '/a"b' });
  });

  test('a metric of an unknown type is a gauge', () => {
    const { metrics } = new Target().scrape('load 1.5 500\n');
    expect(metrics['load'].gauge.dataPoints).toMatchObject([{ asDouble: 1.5, timeUnixNano: '500000000' }]);
  });

  test('a histogram of several series is one point, whatever their order', () => {
    const { metrics } = new Target().scrape(
      `# TYPE wait histogram
wait_bucket{le="+Inf",op="r"} 7
wait_bucket{op="r",le="2"} 5
wait_bucket{le="1",op="r"} 3
wait_count{op="r"} 7
wait_sum{op="r"} 9.5
`,
    );
    const [point, ...others] = metrics['wait'].histogram.dataPoints;
    expect(others).toEqual([]);
    expect(point).toMatchObject({ count: '7', sum: 9.5, bucketCounts: ['3', '2', '2'], explicitBounds: [1, 2] });
    expect(plain(point.attributes)).toEqual({ op: 'r' });
  });

  test('a histogram whose buckets fall makes no point, and is counted', () => {
    const target = new Target();
    const body = '# TYPE wait histogram\nwait_bucket{le="1"} 3\nwait_bucket{le="2"} 2\nwait_count 3\nup_too 1\n';
    const { metrics } = target.scrape(body);
    expect(Object.keys(metrics)).toEqual(['up_too']);
    expect(target.metrics.unusableCount).toBe(3);
  });

  test('a summary has its quantiles', () => {
    const { metrics } = new Target().scrape(
      '# TYPE gc summary\ngc{quantile="0.5"} 4\ngc{quantile="0"} 1\ngc_sum 10\ngc_count 3\n',
    );
    expect(metrics['gc'].summary.dataPoints).toMatchObject([
      { count: '3', sum: 10, quantileValues: [{ value: 1 }, { quantile: 0.5, value: 4 }] },
    ]);
  });

  test('target_info says what the resource is, and labels of the scope what the scope is', () => {
    const { resources, metrics } = new Target().scrape(
      'target_info{env="prod"} 1\nx{otel_scope_name="lib",otel_scope_version="2",otel_scope_kind="k",a="b"} 1\n',
    );
    expect(plain(resources[0].resource.attributes)).toEqual({
      'service.name': 'shop',
      'service.instance.id': 'a:1',
      env: 'prod',
    });
    const { scope } = resources[0].scopeMetrics[0];
    expect({ ...scope, attributes: plain(scope.attributes) }).toEqual({
      name: 'lib',
      version: '2',
      attributes: { kind: 'k' },
    });
    expect(plain(metrics['x'].gauge.dataPoints[0].attributes)).toEqual({ a: 'b' });
  });

  test('OpenMetrics: created times are start times, exemplars have ids, units are UCUM', () => {
    const id = '0123456789abcdef0123456789abcdef';
    const { metrics } = new Target().scrape(
      `# TYPE took_seconds counter\n# UNIT took_seconds seconds\ntook_seconds_total 2.0 # {trace_id="${id}",user="x"} 0.5 1.25\ntook_seconds_created 0.5\n# EOF\n`,
      { format: 'openmetrics' },
    );
    const metric = metrics['took_seconds_total'];
    expect(metric.unit).toBe('s');
    expect(metric.sum.dataPoints).toMatchObject([
      { startTimeUnixNano: '500000000', exemplars: [{ timeUnixNano: '1250000000', asDouble: 0.5, traceId: id }] },
    ]);
    expect(plain(metric.sum.dataPoints[0].exemplars[0].filteredAttributes)).toEqual({ user: 'x' });
  });
});

describe('from scrape to scrape', () => {
  const body = (values: readonly number[]): string =>
    `# TYPE a gauge\n${values.map((value, i) => `a{n="${i}"} ${value}\n`).join('')}`;

  test('labels are read once, while a target says the same', () => {
    const target = new Target();
    expect(target.scrape(body([1, 2, 3]))['counts']).toMatchObject({ scraped: 3, kept: 3, added: 3 });
    expect(target.scrape(body([4, 5, 6]))['counts']).toMatchObject({ scraped: 3, kept: 3, added: 0 });
    expect(target.resolved).toBe(3);
  });

  test('series are known in another order, and among new ones', () => {
    const target = new Target();
    target.scrape('a 1\nb 2\nc 3\n');
    const { counts, metrics } = target.scrape('c 4\nx 5\na 6\nb 7\n');
    expect(counts).toMatchObject({ scraped: 4, added: 1 });
    expect(target.resolved).toBe(4);
    expect(metrics['b'].gauge.dataPoints[0].asDouble).toBe(7);
  });

  test('without the body of before all is read anew, and no series is new', () => {
    const target = new Target();
    target.scrape('a 1\nb 2\n', { keepsBody: false });
    expect(target.reader.keptBytes).toBe(0);
    expect(target.scrape('a 1\nb 2\n')['counts']).toMatchObject({ scraped: 2, added: 0 });
  });

  test('a series that has gone is told once, and forgotten', () => {
    const target = new Target();
    target.scrape('a 1\nb 2\n');
    const { metrics } = target.scrape('a 1\n');
    expect(metrics['b'].gauge.dataPoints).toEqual([{ timeUnixNano: '2000000000', flags: 1 }]);
    expect(Object.keys(target.scrape('a 1\n')['metrics'])).toEqual(['a']);
    expect(target.scrape('a 1\nb 2\n')['counts']).toMatchObject({ added: 1 });
  });

  test('a scrape that failed ends all series, and the next one knows them', () => {
    const target = new Target();
    target.scrape('a 1\nb 2\n');
    const { metrics } = target.miss();
    expect(metrics['a'].gauge.dataPoints[0].flags).toBe(1);
    expect(target.miss()['metrics']).toEqual({});
    expect(target.scrape('a 1\nb 2\n')['counts']).toMatchObject({ scraped: 2, added: 0 });
  });

  test('a sample with a time of its own has no end, unless that is wanted', () => {
    const target = new Target();
    target.scrape('a 1 500\nb 1 500\n');
    expect(Object.keys(target.scrape('b 2 600\n')['metrics'])).toEqual(['b']);
    target.scrape('a 1 700\n', { tracksTimestamps: true });
    expect(Object.keys(target.scrape('b 2 800\n', { tracksTimestamps: true })['metrics']).sort()).toEqual(['a', 'b']);
  });

  test('a family that changes its type is another one', () => {
    const target = new Target();
    target.scrape('# TYPE a gauge\na 1\n');
    const { metrics } = target.scrape('# TYPE a counter\na 2\n');
    expect(metrics['a'].sum?.dataPoints ?? metrics['a'].gauge.dataPoints).toHaveLength(1);
    expect(target.scrape('# TYPE a counter\na 3\n')['metrics']['a'].sum.dataPoints[0].asDouble).toBe(3);
  });

  test('a sample that comes twice counts once', () => {
    const { counts, metrics } = new Target().scrape('a 1\na 2\n');
    expect(counts).toMatchObject({ scraped: 2, unusable: 1 });
    expect(metrics['a'].gauge.dataPoints).toHaveLength(1);
  });
});

describe('limits and mistakes', () => {
  test('more samples than the limit: the scrape is refused', () => {
    expect(() => new Target().scrape('a 1\nb 2\n', { sampleLimit: 1 })).toThrow('more samples than sample_limit 1');
  });

  test('more series than the limit: the scrape is refused', () => {
    const target = new Target();
    target.scrape('a 1\nb 2\n', { seriesLimit: 2 });
    expect(() => target.scrape('a 1\nb 2\nc 3\n', { seriesLimit: 2 })).toThrow('more series than the limit of 2');
  });

  test.each([
    ['a value that is none', 'ok 1\na x\n', 'line 2: the value is no number: "x", in "a x"'],
    ['hexadecimal', 'a 0x1p3\n', 'the value is no number'],
    ['no value', 'a\n', 'line 1: expected a value'],
    ['labels without an end', 'a{b="c" 1\n', 'line 1: expected the name of a label'],
    ['a text without an end', 'a{b="c', 'a text that does not end'],
    [
      'bytes that are no UTF-8',
      Buffer.from([0x61, 0x7b, 0x62, 0x3d, 0x22, 0xff, 0x22, 0x7d, 0x20, 0x31, 10]),
      'no UTF-8',
    ],
    ['a page', '<html><body>no metrics here</body></html>', 'line 1: expected the name of a metric'],
  ])('%s is told with its line', (_, body, message) => {
    expect(() => new Target().scrape(body)).toThrow(message);
  });
});

describe('protobuf', () => {
  const family = (name: string, type: number, write: (out: ArenaWriter) => void): Uint8Array => {
    const out = new ArenaWriter();
    out.textField(1, name);
    out.uintField(3, type);
    const metric = out.begin(4);
    write(out);
    out.end(metric);
    const delimited = new ArenaWriter();
    delimited.varint(out.length);
    delimited.raw(out.view());
    return delimited.finish();
  };
  const native = family('wait', 4, (out) => {
    const histogram = out.begin(7);
    out.uintField(1, 6);
    out.doubleField(2, 12.5);
    out.sintField(5, 1);
    out.doubleField(6, 0.001);
    out.uintField(7, 1);
    for (const [offset, length] of [
      [0, 2],
      [2, 1],
    ] as const) {
      const span = out.begin(12);
      out.sintField(1, offset);
      out.uintField(2, length);
      out.end(span);
    }
    const deltas = out.begin(13);
    for (const zigzag of [2, 2, 1]) out.varint(zigzag);
    out.end(deltas);
    const bucket = out.begin(3);
    out.uintField(1, 4);
    out.doubleField(2, 1);
    out.end(bucket);
    out.end(histogram);
  });

  test('a native histogram is an exponential one: gaps are zeros, and bounds are lower ones', () => {
    const { metrics } = new Target().scrape(native, { format: 'protobuf' });
    expect(metrics['wait'].exponentialHistogram.dataPoints).toMatchObject([
      {
        count: '6',
        sum: 12.5,
        scale: 1,
        zeroCount: '1',
        zeroThreshold: 0.001,
        positive: { offset: -1, bucketCounts: ['1', '2', '0', '0', '1'] },
      },
    ]);
  });

  test('it is made coarser where it has more buckets than it may', () => {
    const { metrics } = new Target().scrape(native, { format: 'protobuf', bucketLimit: 3 });
    const [point] = metrics['wait'].exponentialHistogram.dataPoints;
    expect(point).toMatchObject({ positive: { offset: -1, bucketCounts: ['1', '2', '1'] } });
    expect(() => new Target().scrape(native, { format: 'protobuf', bucketLimit: 1 })).toThrow('more buckets than 1');
  });

  test('its classic form is taken where native ones are not wanted', () => {
    const { metrics } = new Target().scrape(native, { format: 'protobuf', takesNative: false });
    expect(metrics['wait'].histogram.dataPoints).toMatchObject([
      { count: '6', bucketCounts: ['4', '2'], explicitBounds: [1] },
    ]);
  });

  test('a counter in it, scraped again', () => {
    const body = family('n_total', 0, (out) => {
      const counter = out.begin(3);
      out.doubleField(1, 5);
      out.end(counter);
    });
    const target = new Target();
    target.scrape(body, { format: 'protobuf' });
    const { counts, metrics } = target.scrape(body, { format: 'protobuf' });
    expect(counts).toMatchObject({ scraped: 1, added: 0 });
    expect(metrics['n_total'].sum.dataPoints[0].asDouble).toBe(5);
  });

  test.each([
    ['cut off', native.subarray(0, native.length - 3)],
    ['garbage', Buffer.from('no protobuf at all, but long enough to be read')],
    [
      'a span with a gap of billions',
      family('x', 4, (out) => {
        const histogram = out.begin(7);
        for (const offset of [0, 0x3fff_ffff]) {
          const span = out.begin(12);
          out.sintField(1, offset);
          out.uintField(2, 1);
          out.end(span);
        }
        out.end(histogram);
      }),
    ],
  ])('%s is refused', (_, body) => {
    expect(() => new Target().scrape(body, { format: 'protobuf' })).toThrow();
  });
});
