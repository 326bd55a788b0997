import { parentPort } from 'node:worker_threads';
import type { OttlQuestion } from '#api/types.ts';
import { CONTEXTS } from '#ottl';
import { evaluate, wordsOf } from './evaluate.ts';

/** What the thread is asked, and with which number it answers. */
export type PlaygroundMessage =
  | { readonly id: number; readonly kind: 'run'; readonly question: OttlQuestion }
  | { readonly id: number; readonly kind: 'words'; readonly context: string };

parentPort!.on('message', (message: PlaygroundMessage) => {
  const context = message.kind === 'words' ? CONTEXTS.find((one) => one === message.context) : undefined;
  const answer = message.kind === 'run' ? evaluate(message.question) : context && wordsOf(context);
  parentPort!.postMessage({ id: message.id, answer });
});
