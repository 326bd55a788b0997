import { expect, test } from 'vitest';
import { SNIPPETS, snippet } from './snippets.ts';

const ADDRESS = { host: 'box.example.com', httpPort: 4318, grpcPort: 4317 };

test.each(SNIPPETS.map(({ id }) => id))('%s is three lines with the own address', (language) => {
  const text = snippet(language, ADDRESS, 1_700_000_000_000)!;
  expect(text.split('\n')).toHaveLength(3);
  expect(text).toMatch(/box\.example\.com:431[78]/);
});

test('curl sends a span of now', () => {
  const body = /-d '(.*)'$/.exec(snippet('curl', ADDRESS, 1_700_000_000_000)!)![1]!;
  const span = JSON.parse(body).resourceSpans[0].scopeSpans[0].spans[0];
  expect(span).toMatchObject({
    name: 'hello',
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000120000000',
  });
  expect(span.traceId).toHaveLength(32);
});

test('with one protocol only, all that can use it do, and curl says that it can not', () => {
  const host = 'box.example.com';
  for (const language of ['node', 'python', 'go'] as const) {
    expect(snippet(language, { host, grpcPort: 14_317 })).toContain(
      'ENDPOINT=http://box.example.com:14317 OTEL_EXPORTER_OTLP_PROTOCOL=grpc',
    );
    expect(snippet(language, { host, httpPort: 14_318 })).toContain(
      'ENDPOINT=http://box.example.com:14318 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    );
  }
  expect(snippet('curl', { host, grpcPort: 14_317 })).toBeUndefined();
  expect(SNIPPETS.map(({ id }) => snippet(id, { host }))).toEqual([undefined, undefined, undefined, undefined]);
});
