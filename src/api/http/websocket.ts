/**
 * Websockets on the server's port. A request for one is answered by its route like any other, behind the same guard and the same hooks, so that
 * what is wrong with it is an answer of HTTP; only when the route gives a SocketAnswer the protocol changes.
 */
import { type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageOf } from '#base';
import type { Deadline } from './abort.ts';
import type { SocketAnswer } from './answers.ts';
import { AnswerError } from './errors.ts';

/** Clients have nothing to say but pings and their end. */
const CLIENT_BYTES = 4096;
/** A proxy between closes a connection on which nothing is said for a minute. */
const PING_AFTER_MS = 15_000;
/** Codes of RFC 6455, section 7.4.1. */
const CLOSE = { done: 1000, goingAway: 1001, failed: 1011 } as const;
/** What a close frame can carry. */
const REASON_BYTES = 123;

interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

export class Websockets {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: CLIENT_BYTES, perMessageDeflate: false });
  readonly #upgrades = new WeakMap<IncomingMessage, Upgrade>();

  /** For `createServer`: other protocols than websockets are not offered, and who asks for one gets an answer of HTTP/1.1. */
  static isAsked({ headers }: IncomingMessage): boolean {
    return headers.upgrade?.toLowerCase() === 'websocket';
  }

  /** Hands requests for websockets to the server's listener of requests. */
  listen(server: Server, handle: RequestListener): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const response = new ServerResponse(request);
      // The parser has let go of the connection, so that it ends with the answer.
      response.shouldKeepAlive = false;
      response.assignSocket(socket as Socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => response.emit('close'));
      response.once('finish', () => (socket as Socket).destroySoon());
      this.#upgrades.set(request, { socket, head });
      handle(request, response);
    });
  }

  /** Changes the protocol and sends the answer's messages until they end, fail, or the client goes away. */
  open(request: FastifyRequest, reply: FastifyReply, answer: SocketAnswer, deadline: Deadline): FastifyReply {
    const upgrade = this.#upgrades.get(request.raw);
    if (upgrade === undefined)
      throw new AnswerError(400, 'bad_query', 'this is a websocket: ask with the header Upgrade: websocket');
    reply.hijack();
    reply.raw.detachSocket(upgrade.socket as Socket);
    this.#server.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (socket) => {
      socket.on('error', () => socket.terminate());
      void sendMessages(socket, answer, deadline);
    });
    return reply;
  }

  /** The server goes away. */
  close(): void {
    for (const socket of this.#server.clients) {
      socket.close(CLOSE.goingAway, 'the server ends');
      socket.terminate();
    }
  }
}

/** Each message is made when the client has taken the one before, so that a slow client holds one in memory. */
async function sendMessages(socket: WebSocket, { messages }: SocketAnswer, deadline: Deadline): Promise<void> {
  let sentMs = performance.now();
  try {
    for await (const message of messages) {
      if (socket.readyState !== socket.OPEN) return;
      deadline.restart();
      if (message === undefined && performance.now() - sentMs < PING_AFTER_MS) continue;
      sentMs = performance.now();
      await new Promise<void>((resolve, reject) => {
        const sent = (error: Error | null | undefined): void => (error ? reject(error) : resolve());
        if (message === undefined) socket.ping(undefined, undefined, sent);
        else socket.send(message, sent);
      });
    }
    socket.close(CLOSE.done);
  } catch (error) {
    const reason = Buffer.from(messageOf(error))
      .subarray(0, REASON_BYTES)
      .toString()
      .replace(/\uFFFD+$/, '');
    socket.close(CLOSE.failed, reason);
  }
}
