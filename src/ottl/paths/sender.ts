import type { BatchContext } from '#pdata';
import type { Expression } from '../expression.ts';
import type { Key } from '../keys.ts';
import type { ValueMap } from '../values.ts';
import { senderPath } from './values.ts';

function metadataOf(sender: BatchContext): ValueMap {
  const map: ValueMap = new Map();
  for (const [name, values] of sender.metadata ?? []) map.set(name, [...values]);
  return map;
}

/** What the authenticator of its receiver says of the client. */
function authOf(sender: BatchContext): ValueMap {
  return new Map(sender.auth);
}

/** Names in metadata are in small letters, whatever the statement writes. */
function inSmallLetters(keys: readonly Key[]): readonly Key[] {
  const [first, ...rest] = keys;
  if (first === undefined) return keys;
  const { constant, get } = first;
  if (typeof constant === 'string') return [{ constant: constant.toLowerCase(), get }, ...rest];
  return [
    {
      constant,
      get: (at) => {
        const value = get(at);
        return typeof value === 'string' ? value.toLowerCase() : value;
      },
    },
    ...rest,
  ];
}

/** Paths below `otelcol`, by name. */
export const SENDER_PATHS: Readonly<Record<string, (keys: readonly Key[]) => Expression>> = {
  'client.addr': (keys) => senderPath((at) => at.sender.peer ?? null, keys, 'otelcol.client.addr'),
  'client.metadata': (keys) =>
    senderPath((at) => metadataOf(at.sender), inSmallLetters(keys), 'otelcol.client.metadata'),
  'client.auth.attributes': (keys) => senderPath((at) => authOf(at.sender), keys, 'otelcol.client.auth.attributes'),
  'grpc.metadata': (keys) => senderPath((at) => metadataOf(at.sender), inSmallLetters(keys), 'otelcol.grpc.metadata'),
};
