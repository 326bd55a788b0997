import type { DocumentChange, NewDocument, StoreDocument } from '#store';

/** Where servers of one store find each other: a DocumentStore of the store, in tests one in memory. */
export interface SharedDocuments {
  list(kind: string): Promise<readonly StoreDocument[]>;
  last(kind: string): Promise<StoreDocument | undefined>;
  putAll(kind: string, documents: readonly NewDocument[], member?: string): Promise<void>;
  claim(kind: string, key: string, body: object): Promise<boolean>;
  changedSince(kinds: readonly string[], version: number): Promise<readonly DocumentChange[]>;
}

/** A server that evaluates rules or tells of alerts: its key is its id, and it is written again every two seconds. */
export const SERVER_KIND = 'server';
/** The state of a group of rules, by its key, while there are several servers. */
export const GROUP_KIND = 'rule-group';
/** An alert as a server was told of it, by its fingerprint, while there are several servers. */
export const ALERT_KIND = 'alert';
