import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  deliverySchema,
  duration,
  grpcServer,
  headers,
  httpClient,
  httpServer,
  integer,
  list,
  oneOf,
  parseDuration,
  parseHostPort,
  printDuration,
  secret,
  secretsMadeBy,
  size,
  strictObject,
  text,
  tlsClient,
  tlsServer,
} from './index.ts';

function messages(schema: z.ZodType, value: unknown): string[] {
  const result = schema.safeParse(value);
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

describe('durations', () => {
  test.each([
    { text: '10s', want: 10_000 },
    { text: '1m30s', want: 90_000 },
    { text: '1.5h', want: 5_400_000 },
    { text: '-20ms', want: -20 },
    { text: '+5s', want: 5000 },
    { text: '100us', want: 0.1 },
    { text: '100µs', want: 0.1 },
    { text: '.5s', want: 500 },
    { text: '0', want: 0 },
  ])('reads $text', ({ text: input, want }) => {
    const parsed = parseDuration(input);
    expect('ms' in parsed && parsed.ms).toBeCloseTo(want, 9);
  });

  test.each([
    { text: '', want: 'time: invalid duration ""' },
    { text: '10', want: 'time: missing unit in duration "10"' },
    { text: 'abc', want: 'time: invalid duration "abc"' },
    { text: '10x', want: 'time: unknown unit "x" in duration "10x"' },
    { text: '1 s', want: 'time: unknown unit " s" in duration "1 s"' },
    { text: '5constructor', want: 'time: unknown unit "constructor" in duration "5constructor"' },
  ])('refuses "$text" as Go does', ({ text: input, want }) => {
    expect(parseDuration(input)).toEqual({ error: want });
  });

  test('prints as Go does', () => {
    expect([0, 5, 1500, 90_000, 3_600_000].map(printDuration)).toEqual(['0s', '5ms', '1.5s', '1m30s', '1h0m0s']);
  });

  test('a bare number counts nanoseconds', () => {
    expect(z.parse(duration(), 5_000_000)).toBe(5);
  });
});

describe('strictObject', () => {
  const schema = strictObject({
    endpoint: text(),
    count: integer(3, { min: 1 }),
    tls: strictObject({ insecure: text('no') }),
    grpc: strictObject({ port: integer(4317) }).optional(),
  });

  test('fills defaults, and null is an empty block or an absent value', () => {
    expect(z.parse(schema, { endpoint: 'a', count: null, tls: null, grpc: null })).toEqual({
      endpoint: 'a',
      count: 3,
      tls: { insecure: 'no' },
      grpc: { port: 4317 },
    });
    expect(z.parse(schema, { endpoint: 'a' })).toEqual({ endpoint: 'a', count: 3, tls: { insecure: 'no' } });
  });

  test('reports every mistake at once, with the nearest key', () => {
    expect(messages(schema, { endpiont: 'a', count: 0, tls: { insecur: true, x: 1 } })).toEqual([
      'endpoint: is required',
      'count: must be at least 1, got 0',
      'tls: has invalid keys: insecur (did you mean "insecure"?)\nhas invalid keys: x (valid keys: insecure)',
      ': has invalid keys: endpiont (did you mean "endpoint"?)',
    ]);
  });

  test('refuses what is no map', () => {
    expect(messages(schema, 'x')).toEqual([': expected a map, got "x"']);
  });
});

describe('values', () => {
  test('sizes take units', () => {
    expect(['64MiB', '10GB', 512, '1.5 KiB'].map((value) => z.parse(size(), value))).toEqual([
      64 * 1024 * 1024,
      10e9,
      512,
      1536,
    ]);
    expect(messages(size(), '64 apples')).toEqual([': expected a size such as 64MiB, got "64 apples"']);
  });

  test('words are checked, with the nearest', () => {
    expect(messages(oneOf(['gzip', 'zstd']), 'gzp')).toEqual([
      ': must be one of "gzip", "zstd", got "gzp" (did you mean "gzip"?)',
    ]);
  });

  test('headers come as a map or as a list and print redacted', () => {
    const fromMap = z.parse(headers(), { 'x-key': 'abc', 'x-number': '5' });
    const fromList = z.parse(headers(), [{ name: 'x-key', value: 'abc' }]);
    expect(fromMap.map((header) => [header.name, header.value.reveal()])).toEqual([
      ['x-key', 'abc'],
      ['x-number', '5'],
    ]);
    expect(fromList[0]!.value.reveal()).toBe('abc');
    expect(`${fromMap[0]!.value} ${JSON.stringify(fromMap)}`).not.toContain('abc');
    expect(messages(headers(), { a: 5 })).toEqual([
      'a: expected a text for header "a", got a number; put it in quotes',
    ]);
    expect(messages(headers(), { 'bad name': 'x' })).toEqual(['bad name: not a header name: "bad name"']);
  });

  test.each([1234567, 12345.67, 2n ** 60n, true, 'Bearer 1234567', ['1234567']])(
    'what stands in the place of a secret is not repeated: %s',
    (value) => {
      const found = [value, [value], { a: value }].flatMap((input) => messages(headers(), input));
      if (typeof value !== 'string') found.push(...messages(secret(), value));
      expect(found.length).toBeGreaterThan(1);
      for (const message of found) expect(message).not.toMatch(/true$|got true;|[0-9]{4}/);
    },
  );

  test('secrets can be listed for redaction', () => {
    expect([...secretsMadeBy(() => void z.parse(headers(), { a: 'one', b: 'two' }))]).toEqual(['one', 'two']);
  });

  test('host and port', () => {
    expect(parseHostPort('[::1]:4317')).toEqual({ host: '::1', port: 4317 });
    expect(parseHostPort(':80')).toEqual({ host: '', port: 80 });
    expect(parseHostPort('localhost')).toBeUndefined();
    expect(parseHostPort('a:99999')).toBeUndefined();
  });

  test('in a block a text is the list of what its commas part, as otelcol reads it', () => {
    const block = strictObject({
      a: list(text()),
      b: list(integer()).optional(),
      c: list(strictObject({ d: text() })),
    });
    expect(block.parse({ a: 'x' })).toMatchObject({ a: ['x'] });
    expect(block.parse({ a: 'x,y z' })).toMatchObject({ a: ['x', 'y z'] });
    expect(block.parse({ a: '' })).toMatchObject({ a: [] });
    expect(messages(block, { b: '1' })).toEqual(['b.0: expected a whole number, got "1"']);
    expect(messages(block, { c: 'x' })).toEqual(['c.0: expected a map, got "x"']);
  });

  test('a list is not a text', () => {
    expect(messages(list(text()), 'x')).toEqual([': expected a list, got "x"']);
  });
});

describe('shared blocks', () => {
  test.each([
    { queue: { max_bytes: 5 }, maxBytes: 5 },
    { queue: { max_bytes: 5, storage: 'file_storage' }, maxBytes: 0 },
    { queue: { max_bytes: 5, sizer: 'bytes', queue_size: 1_000_000_000 }, maxBytes: 0 },
  ])('bytes of a queue in memory are bounded where nothing else does it: $queue', ({ queue, maxBytes }) => {
    expect(z.parse(deliverySchema(), { sending_queue: queue })).toMatchObject({ queue: { maxBytes } });
  });

  test('the defaults are those of otelcol, and a queue in memory holds 256 MiB', () => {
    expect(z.parse(deliverySchema(), undefined)).toEqual({
      timeoutMs: 5000,
      retry: {
        enabled: true,
        initialIntervalMs: 5000,
        randomizationFactor: 0.5,
        multiplier: 1.5,
        maxIntervalMs: 30_000,
        maxElapsedTimeMs: 300_000,
      },
      queue: {
        enabled: true,
        numConsumers: 10,
        queueSize: 1000,
        maxBytes: 256 * 1024 * 1024,
        sizer: 'requests',
        blockOnOverflow: false,
        waitForResult: false,
        storage: undefined,
        batch: undefined,
      },
    });
    expect(z.parse(httpServer({ endpoint: 'localhost:4318' }), null)).toMatchObject({
      endpoint: 'localhost:4318',
      maxRequestBodySizeBytes: 20 * 1024 * 1024,
      tls: undefined,
    });
    expect(z.parse(grpcServer({ endpoint: 'localhost:4317' }), null).keepalive).toBeUndefined();
    expect(z.parse(httpClient({ timeoutMs: 30_000, compression: 'gzip' }), null)).toMatchObject({
      timeoutMs: 30_000,
      compression: 'gzip',
      tls: { insecure: false },
    });
  });

  test('an empty batch block turns batching on', () => {
    expect(z.parse(deliverySchema(), { sending_queue: { batch: null } }).queue.batch).toEqual({
      flushTimeoutMs: 200,
      minSize: 8192,
      maxSize: 0,
      sizer: 'items',
      partitionMetadataKeys: [],
    });
  });

  test('rules across fields', () => {
    expect(
      messages(deliverySchema(), {
        sending_queue: { num_consumers: 0, queue_size: 4, sizer: 'items', batch: { min_size: 10, max_size: 5 } },
        retry_on_failure: { max_elapsed_time: '1s' },
      }),
    ).toEqual([
      'sending_queue.num_consumers: `num_consumers` must be positive',
      'sending_queue.batch.max_size: `max_size` (5) must be greater or equal to `min_size` (10)',
      'sending_queue.batch: `min_size` must be less than or equal to `queue_size`',
      "retry_on_failure.max_elapsed_time: 'max_elapsed_time' must not be less than 'initial_interval'",
      "retry_on_failure.max_elapsed_time: 'max_elapsed_time' must not be less than 'max_interval'",
    ]);
    expect(messages(tlsClient, { cert_file: 'a' })).toEqual([': provide both certificate and key, or neither']);
    expect(messages(tlsClient, { tpm: { path: '/dev/tpm0' } })).toEqual([]);
    expect(messages(tlsClient, { tpm: { enabled: true } })).toEqual([
      'tpm.enabled: keys of a trusted platform module are not there yet; use key_file or key_pem',
    ]);
    expect(messages(tlsServer, {})).toEqual([
      ': TLS configuration must include both certificate and key for server connections',
    ]);
  });
});
