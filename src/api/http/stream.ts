/** Answers that are sent while they are made: what is in memory is what the client has not taken yet, and that is bounded. */
import { pipeline, Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '#base';
import { QueryError } from '#query';
import type { Deadline } from './abort.ts';
import type { StreamedAnswer } from './answers.ts';
import { compressorFor } from './compress.ts';

/** Pieces are small, so that none is made in vain; written are blocks. */
const BLOCK_CHARS = 64 * 1024;

interface Streaming {
  readonly answerBytes: number;
  readonly deadline: Deadline;
}

/** Sends the answer. Rejects where it fails before anything of it was sent. */
export async function sendStreamed(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: StreamedAnswer,
  streaming: Streaming,
): Promise<FastifyReply> {
  const blocks = blocksOf(answer, streaming);
  const first = await blocks.next();
  const source = Readable.from(withFirst(first, blocks), { objectMode: false });
  // A compressor keeps what it is given until it has more.
  const compressor = answer.isLive ? undefined : compressorFor(request, reply);
  const body = compressor === undefined ? source : pipeline(source, compressor, () => undefined);
  body.once('error', (error) => {
    if (reply.raw.destroyed) return;
    request.log.warn(`an answer was broken off: ${messageOf(error)} (${request.url.slice(0, 200)})`);
    // A plain end of the connection is the end of the answer to clients of HTTP/1.0.
    reply.raw.socket?.resetAndDestroy();
  });
  return reply.type(answer.type).send(body);
}

/** Pieces put together until they are worth a write. */
async function* blocksOf(
  { pieces, isLive }: StreamedAnswer,
  { answerBytes, deadline }: Streaming,
): AsyncGenerator<Buffer> {
  let text = '';
  let sentBytes = 0;
  const take = (): Buffer => {
    const block = Buffer.from(text);
    text = '';
    sentBytes += block.length;
    if (sentBytes > answerBytes) throw tooLong(answerBytes);
    return block;
  };
  for await (const piece of pieces) {
    deadline.signal.throwIfAborted();
    text += piece;
    if (text.length < BLOCK_CHARS && !isLive) continue;
    yield take();
    deadline.restart();
  }
  if (text !== '') yield take();
}

async function* withFirst(first: IteratorResult<Buffer>, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

export function tooLong(answerBytes: number): QueryError {
  return new QueryError(
    'too_large',
    `the answer is longer than the ${answerBytes.toLocaleString('en-US')} bytes that are allowed`,
    {
      hint: 'choose a shorter time range, or narrow it by service',
    },
  );
}
