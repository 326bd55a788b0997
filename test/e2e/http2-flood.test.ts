import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pace } from '#base/testing.ts';
import { encodeReference } from '../../src/wire/testing/otlp-reference.ts';
import { dataFrame, headersFrame, openHttp2 } from '../lib/http2-frames.ts';
import { exportByGrpc, grpcPath, newTraceId, send, tracesRequest } from '../lib/otlp.ts';
import { eventually, peakBytes, type RunningSignalbox, residentBytes, startSignalbox } from '../lib/signalbox.ts';

/** Floods of HTTP/2 that are legal frame by frame. Each took two gigabytes and all the time of a server without limits. */

const MB = 1_000_000;
const CONNECTIONS = 6;
const STREAMS = 30_000;
const FRAMES_AT_ONCE = 500;

interface Flood {
  readonly name: string;
  readonly reads: boolean;
  /** The frames of one stream. */
  frames(stream: number): Buffer[];
}

const TRACES = grpcPath('traces');
const FLOODS: readonly Flood[] = [
  {
    name: 'headers that are never followed by anything',
    reads: true,
    frames: (stream) => [headersFrame(stream, { path: TRACES })],
  },
  {
    name: 'headers and one byte of a message',
    reads: true,
    frames: (stream) => [headersFrame(stream, { path: TRACES }), dataFrame(stream, Buffer.of(0))],
  },
  {
    name: 'headers and most of a message',
    reads: true,
    frames: (stream) => [
      headersFrame(stream, { path: TRACES }),
      dataFrame(stream, Buffer.from([0, 0, 0, 0xff, 0xff, ...Buffer.alloc(1000)])),
    ],
  },
  {
    name: 'calls of unknown methods whose answers are never read',
    reads: false,
    frames: (stream) => [headersFrame(stream, { path: '/no.Such/Method', endStream: true })],
  },
];

async function flood(box: RunningSignalbox, { frames, reads }: Flood): Promise<void> {
  const [host, port] = box.grpcAddress.split(':') as [string, string];
  const sockets: Socket[] = [];
  const send = async (): Promise<void> => {
    const socket = await openHttp2(host, Number(port), { reads });
    sockets.push(socket);
    for (let sent = 0; sent < STREAMS && !socket.destroyed; sent += FRAMES_AT_ONCE) {
      const streams = Array.from({ length: FRAMES_AT_ONCE }, (_, i) => (sent + i) * 2 + 1);
      const taken = socket.write(Buffer.concat(streams.flatMap(frames)));
      // A server that has enough reads no more; a client of this kind doesn't wait for long.
      if (!taken) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), pace(200)]);
      await pace(0);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, send));
    // What is open stays open for a while.
    await pace(1_000);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

describe.runIf(process.platform === 'linux')('while a flood comes in', { timeout: 180_000 }, () => {
  let box: RunningSignalbox;
  let collector: number;
  beforeAll(async () => {
    box = await startSignalbox();
    collector = box.pidOf('collector')!;
    await sendBoth();
  }, 120_000);
  afterAll(() => box.stop());

  async function sendBoth(): Promise<void> {
    const request = tracesRequest('honest', [{ traceId: newTraceId() }]);
    await send(box.otlpUrl, 'traces', request);
    await exportByGrpc(box.grpcAddress, 'traces', encodeReference('traces', request));
  }

  test.each(FLOODS)('of $name, others are answered and the memory stays bounded', async (one) => {
    const beforeBytes = residentBytes(collector);
    let isOver = false;
    let answered = 0;
    const peak = await peakBytes(collector, async () => {
      const flooding = flood(box, one).finally(() => {
        isOver = true;
      });
      while (!isOver) {
        await sendBoth();
        answered++;
        await pace(50);
      }
      await flooding;
    });
    expect(answered).toBeGreaterThan(0);
    await sendBoth();
    expect((peak - beforeBytes) / MB).toBeLessThan(250);
    await eventually('the memory returns', async () => residentBytes(collector) - beforeBytes < 120 * MB, 60_000);
    expect(box.pidOf('collector')).toBe(collector);
  });
});
