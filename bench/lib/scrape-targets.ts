import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/**
 * Targets in Prometheus' text format, on a port of loopback each: `scrape-targets.ts TARGETS SERIES` prints the ports when all listen. Half of the
 * series are counters of requests, half gauges, six labels a series; all values are other ones at each scrape.
 */
const [targets, series] = process.argv.slice(2).map(Number) as [number, number];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

/** All that stands before the values, a line each; values come behind. */
function linesOf(target: number): readonly string[] {
  const half = series >> 1;
  const lines: string[] = [];
  for (let i = 0; i < half; i++) {
    const labels = [
      `method="${METHODS[i % 4]}"`,
      `route="/api/v1/resource-${(i >> 2) % 200}"`,
      `status="${200 + (i % 5)}"`,
      `zone="zone-${target % 3}"`,
      `pod="shop-${target}-${i % 7}"`,
      `shard="${Math.floor(i / 800)}"`,
    ];
    lines.push(`http_requests_total{${labels.join()}} `);
  }
  for (let i = half; i < series; i++) {
    const labels = [
      `queue="queue-${i % 250}"`,
      `broker="broker-${Math.floor(i / 250) % 12}"`,
      `zone="zone-${target % 3}"`,
      `pod="shop-${target}-${i % 7}"`,
      `tier="${i % 2 === 0 ? 'gold' : 'silver'}"`,
      `shard="${Math.floor(i / 3000)}"`,
    ];
    lines.push(`queue_depth{${labels.join()}} `);
  }
  return lines;
}

const ports: number[] = [];
for (let target = 0; target < targets; target++) {
  const lines = linesOf(target);
  const half = series >> 1;
  let scrapes = 0;
  const server = createServer((request, response) => {
    scrapes++;
    const parts = ['# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\n'];
    for (let i = 0; i < half; i++) parts.push(`${lines[i]}${scrapes * (7 + (i % 97))}\n`);
    parts.push('# HELP queue_depth Messages that wait.\n# TYPE queue_depth gauge\n');
    for (let i = half; i < series; i++) parts.push(`${lines[i]}${((i * 31 + scrapes * 17) % 5000) / 4}\n`);
    const text = Buffer.from(parts.join(''));
    const isPacked = /gzip/.test(String(request.headers['accept-encoding']));
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    if (isPacked) response.setHeader('content-encoding', 'gzip');
    response.end(isPacked ? gzipSync(text, { level: 1 }) : text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ports.push((server.address() as AddressInfo).port);
}
console.log(ports.join(' '));
