import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '#base/testing.ts';
import type { Processes } from './processes.ts';
import { assertEqual, assertThat, type Report, until } from './report.ts';
import type { Signalbox } from './signalbox.ts';

/**
 * Prometheus' own tools: promtool asks and pushes; a Prometheus writes what it scrapes to Signalbox in both versions of remote write, reads it
 * back by remote read, and federates from it. Each check compares with what the tool itself sent or says.
 */

const TOOLS = join(import.meta.dirname, '.work/prometheus');
const ARRIVAL_LIMIT_MS = 60_000;
const run = promisify(execFile);

/** Where a program of Prometheus is: built by run.sh, or on the PATH. */
async function toolOf(name: string): Promise<string | undefined> {
  const built = join(TOOLS, name);
  if (existsSync(built)) return built;
  return run(name, ['--version']).then(
    () => name,
    () => undefined,
  );
}

export async function checkPromtool(report: Report, signalbox: Signalbox): Promise<void> {
  const promtool = await toolOf('promtool');
  if (promtool === undefined) {
    report.skip('promtool asks and pushes', 'it is not there; INTEROP_PROMETHEUS=build has run.sh build it');
    return;
  }
  const url = `${signalbox.consoleUrl}/prometheus`;
  const tool = async (...args: readonly string[]): Promise<string> => (await run(promtool, args)).stdout.trim();

  await report.check('promtool finds the server healthy and ready', async () => {
    // Anything else than a good answer is its exit code.
    await tool('check', 'healthy', `--url=${url}`);
    await tool('check', 'ready', `--url=${url}`);
  });
  await report.check('promtool pushes metrics, which come back with their labels', async () => {
    const text = [
      '# HELP pushed_total What promtool pushes.',
      '# TYPE pushed_total counter',
      'pushed_total{a="b",code="200",path="/x y"} 42',
      '# TYPE pushed_seconds histogram',
      'pushed_seconds_bucket{le="0.1"} 3',
      'pushed_seconds_bucket{le="+Inf"} 5',
      'pushed_seconds_sum 1.5',
      'pushed_seconds_count 5',
      '',
    ].join('\n');
    const child = run(promtool, ['push', 'metrics', '--label=zone=z1', url]);
    child.child.stdin!.end(text);
    await child;
    const answer = await until(
      ARRIVAL_LIMIT_MS,
      // The tables may still be in the making.
      () => tool('query', 'instant', url, 'pushed_total').catch(() => ''),
      (found) => found !== '',
    );
    assertThat(
      /^pushed_total\{a="b", code="200", path="\/x y", zone="z1"\} => 42 @\[/.test(answer),
      `query instant: ${answer}`,
    );
    assertEqual(
      (await tool('query', 'instant', url, 'histogram_quantile(0.5, pushed_seconds_bucket)'))
        .split(' => ')[1]
        ?.split(' ')[0],
      '0.08333333333333334',
      'histogram_quantile',
    );
  });
  await report.check('promtool queries ranges, series and labels', async () => {
    const end = new Date();
    const times = [`--start=${new Date(end.getTime() - 600_000).toISOString()}`, `--end=${end.toISOString()}`];
    const range = await tool('query', 'range', url, 'pushed_total * 2', ...times, '--step=15s');
    assertThat(/=>\n84 @\[/.test(range), `query range: ${range}`);
    const series = await tool('query', 'series', url, '--match=pushed_total', ...times);
    assertEqual(series, '{__name__="pushed_total", a="b", code="200", path="/x y", zone="z1"}', 'query series');
    const values = await tool('query', 'labels', url, 'zone', ...times);
    assertEqual(values, 'z1', 'query labels');
  });
}

export async function checkPrometheus(
  report: Report,
  processes: Processes,
  signalbox: Signalbox,
  folder: string,
): Promise<void> {
  const prometheus = await toolOf('prometheus');
  if (prometheus === undefined) {
    report.skip(
      'a Prometheus writes to Signalbox, reads and federates from it',
      'it is not there; INTEROP_PROMETHEUS=build has run.sh build it',
    );
    return;
  }
  const port = await freePort();
  const self = `127.0.0.1:${port}`;
  const box = new URL(signalbox.consoleUrl).host;
  const write = (version: string, message: string): string => `
  - url: http://${box}/prometheus/api/v1/write
    name: ${version}
    protobuf_message: ${message}
    send_exemplars: true
    send_native_histograms: true
    metadata_config: {send_interval: 2s}
    write_relabel_configs: [{target_label: wire, replacement: ${version}}]`;
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: {scrape_interval: 1s, scrape_native_histograms: true}
scrape_configs:
  - job_name: self
    static_configs: [{targets: ['${self}']}]
  - job_name: federated
    honor_labels: true
    metrics_path: /prometheus/federate
    params: {'match[]': ['{__name__="pushed_total"}', '{__name__="prometheus_build_info",wire="v1"}']}
    static_configs: [{targets: ['${box}']}]
remote_write:${write('v1', 'prometheus.WriteRequest')}${write('v2', 'io.prometheus.write.v2.Request')}
remote_read:
  - url: http://${box}/prometheus/api/v1/read
    read_recent: true
`,
  );
  await processes.start({
    name: 'prometheus',
    command: prometheus,
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=${self}`,
      '--enable-feature=exemplar-storage,metadata-wal-records',
    ],
    directory: folder,
    logFile: join(folder, 'prometheus.log'),
    ports: [port],
  });
  const ask = async (base: string, query: string, timeMs: number): Promise<Result[]> => {
    const parameters = new URLSearchParams({ query, time: String(timeMs / 1000) });
    const response = await fetch(`${base}/api/v1/query?${parameters}`);
    const answer = (await response.json()) as { readonly data: { readonly result: Result[] }; readonly error?: string };
    if (!response.ok) throw new Error(`${query}: ${response.status} ${answer.error}`);
    return answer.data.result;
  };
  const ours = `${signalbox.consoleUrl}/prometheus`;
  const theirs = `http://${self}`;
  const scrapes = `count_over_time(up{job="self",wire="v1"}[1m])`;
  await until(
    ARRIVAL_LIMIT_MS,
    () => ask(ours, scrapes, Date.now()),
    ([first]) => Number(first?.value?.[1]) >= 15,
  );
  // By then what was scraped a moment ago has arrived.
  const timeMs = Date.now() - 5000;
  for (const version of ['v1', 'v2']) {
    for (const query of [
      'count by (job) (up{})',
      'prometheus_build_info{}',
      'sum by (handler) (rate(prometheus_http_requests_total{job="self"}[10s]))',
      'go_memstats_alloc_bytes{job="self"}[8s]',
      'count({__name__=~"prometheus_.*",job="self"})',
      'histogram_count(prometheus_http_request_duration_seconds{job="self"})',
      'histogram_quantile(0.9, sum by (le) (prometheus_tsdb_compaction_chunk_range_seconds_bucket{job="self"}))',
    ]) {
      await report.check(`${query}: the same in Signalbox as in the Prometheus, remote write ${version}`, async () => {
        // By remote read it sees the copies as well.
        const of = (wire: string): string =>
          query.replace(/\{([^}]*)\}/, (_, inside) => `{${inside === '' ? '' : `${inside},`}wire="${wire}"}`);
        const [mine, others] = [await ask(ours, of(version), timeMs), await ask(theirs, of(''), timeMs)];
        assertThat(mine.length > 0, 'nothing was found');
        assertEqual(plain(mine), plain(others), query);
      });
    }
    await report.check(`types and helps arrive, remote write ${version}`, async () => {
      const response = await fetch(`${ours}/api/v1/metadata?metric=prometheus_http_requests_total`);
      const { data } = (await response.json()) as {
        readonly data: Record<string, readonly { readonly type: string; readonly help: string }[]>;
      };
      const found = data.prometheus_http_requests_total ?? [];
      assertThat(
        found.some(({ type, help }) => type === 'counter' && help === 'Counter of HTTP requests.'),
        JSON.stringify(found),
      );
    });
  }
  await report.check('the Prometheus refuses nothing of what it was answered', async () => {
    const failed = await ask(
      theirs,
      'sum(prometheus_remote_storage_samples_failed_total{wire=""} or vector(0))',
      Date.now(),
    );
    assertEqual(failed[0]?.value?.[1], '0', 'samples that failed');
  });
  await report.check('the Prometheus reads by remote read what only Signalbox has', async () => {
    const found = await until(
      ARRIVAL_LIMIT_MS,
      () => ask(theirs, 'prometheus_build_info{wire="v2"}', timeMs),
      (result) => result.length > 0,
    );
    assertEqual(found[0]?.metric.job, 'self', 'job');
  });
  await report.check('the Prometheus federates from Signalbox', async () => {
    const found = await until(
      ARRIVAL_LIMIT_MS,
      () => ask(theirs, 'prometheus_build_info{wire="v1",job="self"}', Date.now()),
      (result) => result.length > 0,
    );
    assertEqual(found[0]?.value?.[1], '1', 'value');
    const up = await ask(theirs, 'up{job="federated",wire=""}', Date.now());
    assertEqual(up[0]?.value?.[1], '1', 'up of the scrape');
  });
}

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** Sorted, without the label that only the copies have. */
function plain(results: readonly Result[]): unknown {
  const lines = results.map(({ metric: { wire: _, ...metric }, value, values }) => {
    const labels = Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([labels, value?.[1], values]);
  });
  return lines.sort();
}
