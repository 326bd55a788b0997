import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { RuleManager, RuleShare } from '#alerting';
import type { Notifier, NotifyShare } from '#alerting/notify';
import { SharedServer } from '#alerting/sharing';
import { sleep, systemClock } from '#base';
import { DocumentStore, type MetricSink, type StoreEndpoint } from '#store';
import { MemberSink } from './member-sink.ts';
import { hasEnded, ownPlace } from './process-place.ts';

/** Rules and notifications of a server that may have others beside it, on the same store. */

const RETRY_MS = 500;

export interface SharedRoleOptions {
  readonly endpoint: StoreEndpoint;
  /** Of the server. */
  readonly dataDir: string;
  /** Where rules record to, where they are not shared. */
  readonly sink: MetricSink;
}

export class SharedRole {
  readonly #documents: DocumentStore;
  readonly #server: SharedServer;
  readonly #memberSink: MemberSink;
  readonly #sink: MetricSink;
  /** The store takes nothing from this server, so that it can agree with nobody: it does all by itself. */
  #isLone = false;
  #isStopped = false;
  #joining: Promise<void> = Promise.resolve();

  constructor({ endpoint, dataDir, sink }: SharedRoleOptions) {
    const nowMs = (): number => systemClock.nowMs();
    this.#documents = new DocumentStore({ endpoint, tenant: '', nowMs });
    this.#sink = sink;
    this.#memberSink = new MemberSink({ endpoint, dir: join(dataDir, 'server', 'rules'), log });
    this.#server = new SharedServer({
      clock: systemClock,
      documents: this.#documents,
      newId: () => randomBytes(10).toString('hex'),
      place: ownPlace(),
      isGone: hasEnded,
      log,
      renamed: (id) => this.#memberSink.rename(id),
    });
  }

  get rules(): RuleShare {
    const { rules } = this.#server;
    const isLone = (): boolean => this.#isLone;
    return {
      owns: (key) => isLone() || rules.owns(key),
      mayBegin: (key) => isLone() || rules.mayBegin(key),
      get isValid() {
        return isLone() || rules.isValid;
      },
    };
  }

  get notifications(): NotifyShare {
    const server = this.#server;
    const isLone = (): boolean => this.#isLone;
    return {
      get isOwner() {
        return isLone() || server.isOwner;
      },
      tell: (alerts) => server.tell(alerts),
    };
  }

  /** Takes what rules record. */
  get sink(): Pick<MetricSink, 'write'> {
    return { write: (batch) => (this.#isLone ? this.#sink : this.#memberSink).write(batch) };
  }

  /** Begins as soon as the store answers, which may come later than the server. */
  start(rules: RuleManager | undefined, notifier: Notifier): void {
    this.#joining = this.#join(rules, notifier);
  }

  async #join(rules: RuleManager | undefined, notifier: Notifier): Promise<void> {
    const mayWrite = await this.#mayWrite();
    if (this.#isStopped) return;
    if (!mayWrite) {
      this.#isLone = true;
      log(
        'warn',
        'this server may only read its store: it evaluates all rules and tells of all alerts, whatever other servers do',
      );
      await rules?.beginGroups(new Map());
      return;
    }
    await this.#memberSink.deliverLeftovers();
    await this.#memberSink.rename(this.#server.id);
    await this.#server.start(rules, notifier);
  }

  /** Waits until the store answers. */
  async #mayWrite(): Promise<boolean> {
    while (!this.#isStopped) {
      try {
        return await this.#documents.mayWrite();
      } catch {
        await sleep(RETRY_MS);
      }
    }
    return false;
  }

  /** Stores what rules recorded, and leaves the rest to the other servers. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#joining;
    await this.#memberSink.close();
    if (!this.#isLone) await this.#server.stop();
    await this.#documents.close();
  }
}

function log(level: 'info' | 'warn' | 'error', message: string): void {
  process.stderr.write(`signalbox server: ${level === 'info' ? '' : `${level}: `}${message}\n`);
}
