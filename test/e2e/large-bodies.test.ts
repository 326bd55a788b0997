import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTraceId, send, tracesRequest } from '../lib/otlp.ts';
import { eventually, peakBytes, type RunningSignalbox, residentBytes, startSignalbox } from '../lib/signalbox.ts';

const MB = 1_000_000;
const REQUESTS = 50;
const BODY_BYTES = 60 * MB;

/** Sends a body in one piece; resolves to the status, or the code of what broke the connection. */
function post(url: string, body: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const sent = request(`${url}/v1/traces`, { method: 'POST', headers, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.statusCode)));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end(body);
  });
}

describe.runIf(process.platform === 'linux')('many large bodies at once', { timeout: 180_000 }, () => {
  let box: RunningSignalbox;
  beforeAll(async () => {
    box = await startSignalbox();
  }, 120_000);
  afterAll(() => box.stop());

  test('are refused beyond the budget, and the memory returns', async () => {
    const collector = box.pidOf('collector')!;
    await send(box.otlpUrl, 'traces', tracesRequest('before', [{ traceId: newTraceId() }]));
    const beforeBytes = residentBytes(collector);
    // No protobuf: what is looked at is how bodies are received.
    const body = Buffer.alloc(BODY_BYTES, 0xff);
    let answers: string[] = [];
    const peak = await peakBytes(collector, async () => {
      answers = await Promise.all(Array.from({ length: REQUESTS }, () => post(box.otlpUrl, body)));
    });
    for (const answer of answers) expect(['400', '503', 'ECONNRESET', 'EPIPE']).toContain(answer);
    expect(answers).toContain('503');
    expect((peak - beforeBytes) / MB).toBeLessThan(1_000);
    await send(box.otlpUrl, 'traces', tracesRequest('after', [{ traceId: newTraceId() }]));
    await eventually('the memory returns', async () => residentBytes(collector) - beforeBytes < 120 * MB, 60_000);
    expect(box.pidOf('collector')).toBe(collector);
  });
});
