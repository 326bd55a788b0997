import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { Batch } from '#pdata';
import { decodeOtlpJson } from '#wire';
import { prometheusExporterSchema } from './config.ts';
import { prometheusExporterFactory } from './factory.ts';
import type { PrometheusExporter } from './prometheus.ts';

/**
 * What otelcol-contrib's exporter (v0.159.0) answered to the same requests and scrapes, byte for byte. Cases with `labels` or `bytes` out
 * of its random order are not among them.
 */
interface Case {
  readonly config: object;
  readonly requests: readonly unknown[];
  readonly scrapes: readonly {
    readonly accept: string;
    readonly type: string;
    readonly text?: string;
    readonly bytes?: string;
  }[];
}
const cases = JSON.parse(readFileSync(join(import.meta.dirname, 'testdata/otelcol-scrapes.json'), 'utf8')) as Record<
  string,
  Case
>;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe('scrapes are answered as by otelcol', () => {
  test.each(Object.keys(cases))('%s', async (name) => {
    const { config: block, requests, scrapes } = cases[name]!;
    const config = prometheusExporterSchema.parse({ ...block, endpoint: '127.0.0.1:0' });
    const exporter = prometheusExporterFactory.create(
      fakeSettings({ id: 'prometheus' }),
      config,
      'metrics',
    ) as PrometheusExporter;
    await exporter.start(fakeHost());
    undo.push(() => exporter.shutdown(100));
    for (const request of requests) {
      const { chunk } = decodeOtlpJson('metrics', Buffer.from(JSON.stringify(request)));
      await exporter.consume(new Batch('metrics', [chunk]));
    }
    for (const { accept, type, text, bytes } of scrapes) {
      const response = await fetch(`http://${exporter.address}/metrics`, { headers: { accept } });
      const body = Buffer.from(await response.arrayBuffer());
      expect(response.headers.get('content-type')).toBe(type);
      if (text !== undefined) expect(body.toString()).toBe(text);
      else expect(body.toString('base64')).toBe(bytes);
    }
  });
});
