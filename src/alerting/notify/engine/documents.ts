/** Where silences and the notification log outlive the process. Tests keep them in memory. */
export interface NotifyDocuments {
  list(kind: DocumentKind): Promise<readonly StoredDocument[]>;
  /** Resolves when it is kept. */
  put(kind: DocumentKind, key: string, body: object): Promise<void>;
  remove(kind: DocumentKind, key: string): Promise<void>;
}

export type DocumentKind = 'silence' | 'notification';

export interface StoredDocument {
  readonly key: string;
  readonly body: unknown;
}

/** For a process whose store keeps nothing, and for tests. */
export class MemoryDocuments implements NotifyDocuments {
  readonly #documents = new Map<string, Map<string, string>>();

  async list(kind: DocumentKind): Promise<readonly StoredDocument[]> {
    return Array.from(this.#documents.get(kind) ?? [], ([key, body]) => ({ key, body: JSON.parse(body) as unknown }));
  }

  async put(kind: DocumentKind, key: string, body: object): Promise<void> {
    let documents = this.#documents.get(kind);
    if (documents === undefined) {
      documents = new Map();
      this.#documents.set(kind, documents);
    }
    documents.set(key, JSON.stringify(body));
  }

  async remove(kind: DocumentKind, key: string): Promise<void> {
    this.#documents.get(kind)?.delete(key);
  }
}
