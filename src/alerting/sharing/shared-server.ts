import { messageOf } from '#base';
import { DOCUMENT_LIMIT_BYTES, FencedError, type NewDocument } from '#store';
import { type Alert, isResolved } from '../notify/alert.ts';
import { Notifier } from '../notify/notifier.ts';
import type { GroupState } from '../rules/group-state.ts';
import type { RuleManager } from '../rules/manager.ts';
import type { RuleShare } from '../rules/share.ts';
import { ALERT_KIND, GROUP_KIND } from './documents.ts';
import { Membership, type MembershipOptions } from './membership.ts';

/** What belongs to the server that tells receivers. */
const NOTIFICATIONS = 'notifications';
/** So long what receivers are being told may take when another server goes on. */
const SETTLE_MS = 10_000;
/** Changes are looked for so far back again: servers' clocks differ. */
const OVERLAP_US = 300_000_000;
/** The same where the store's clock says when: only statements that run at a time come in another order. */
const STORE_OVERLAP_US = 10_000_000;
const TELL_MS = 200;
const SWEEP_MS = 15 * 60_000;
const ENDED_KEPT_MS = 15 * 60_000;
/** Of a statement. */
const BATCH_BYTES = 16 * 1024 * 1024;

export interface SharedServerOptions
  extends Pick<MembershipOptions, 'clock' | 'documents' | 'newId' | 'place' | 'isGone' | 'log'> {
  /** The server has become another one: what its rules write has this token from then on. */
  readonly renamed: (id: string) => Promise<void>;
}

/**
 * One of several servers that share rules and notifications (membership.ts). Each group of rules has one that evaluates it, and one server tells receivers.
 * While there are several, each writes the states of its groups after their evaluations, and the alerts that it was told of; so all of them show the
 * same, and who takes over goes on where the other was.
 */
export class SharedServer {
  readonly #options: SharedServerOptions;
  readonly #membership: Membership;
  #rules: RuleManager | undefined = undefined;
  #notifier: Notifier | undefined = undefined;
  #tells = false;
  /** Something was due while it was not sure that nobody has taken over. */
  #hasRefused = false;
  #id: string;
  /** Of each group: the evaluation whose state was written last. */
  readonly #written = new Map<string, number>();
  /** Alerts that the others are still to be told of, by fingerprint. */
  readonly #untold = new Map<string, Alert>();
  #cancelTelling: (() => void) | undefined = undefined;
  #wasAlone = true;
  /** Versions of changes that were seen, by kind and key. */
  #seen = new Map<string, number>();
  #newestUs = 0;
  #newestSilenceUs = 0;
  #sweptMs = 0;

  constructor(options: SharedServerOptions) {
    this.#options = options;
    this.#membership = new Membership({
      ...options,
      changed: () => this.#changed(),
      beaten: () => this.#beaten(),
    });
    this.#id = this.#membership.id;
  }

  /** Its token (fence.ts of the store). */
  get id(): string {
    return this.#membership.id;
  }

  get rules(): RuleShare {
    const membership = this.#membership;
    return {
      owns: (key) => membership.owns(key),
      mayBegin: (key) => membership.mayBegin(key),
      get isValid() {
        return membership.isValid;
      },
    };
  }

  /** Whether this server tells receivers at this moment. */
  get isOwner(): boolean {
    if (!this.#tells || !this.#membership.owns(NOTIFICATIONS)) return false;
    const { isValid } = this.#membership;
    if (!isValid) this.#hasRefused = true;
    return isValid;
  }

  /** Takes an alert that this server was told of, for the others. */
  tell(alerts: readonly Alert[]): void {
    if (this.#membership.memberCount < 2) return;
    for (const alert of alerts) this.#untold.set(alert.fingerprint, alert);
    this.#cancelTelling ??= this.#options.clock.after(TELL_MS, () => {
      this.#cancelTelling = undefined;
      void this.#tellNow();
    });
  }

  /** Joins the others. What it shares must be there; it begins when it is this server's turn. */
  async start(rules: RuleManager | undefined, notifier: Notifier): Promise<void> {
    this.#rules = rules;
    this.#notifier = notifier;
    await this.#membership.start();
  }

  /** Hands over what is its own. Its rules have stopped. */
  async stop(): Promise<void> {
    this.#cancelTelling?.();
    if (this.#membership.memberCount > 1 && this.#membership.isValid) {
      await this.#tellNow();
      await this.#writeStates().catch(() => undefined);
    }
    await this.#membership.stop();
  }

  /** Stops what belongs to others now, and begins with what does not any more. */
  async #changed(): Promise<void> {
    const { log, renamed } = this.#options;
    const membership = this.#membership;
    const owns = membership.owns(NOTIFICATIONS);
    if (this.#tells && !owns) {
      this.#tells = false;
      await this.#notifier?.settle(SETTLE_MS);
    }
    const lost = (await this.#rules?.yieldGroups()) ?? [];
    if (this.#id !== membership.id) {
      // What was lost is the others' already.
      this.#id = membership.id;
      this.#written.clear();
      await renamed(this.#id);
    } else if (lost.length > 0)
      await this.#write(
        GROUP_KIND,
        lost.map(([key, state]) => ({ key, body: state })),
      );
    if (membership.mayBegin(NOTIFICATIONS) && !this.#tells) {
      await this.#look();
      await this.#notifier?.takeOver();
      this.#tells = true;
      if (membership.memberCount > 1) log('info', 'this server tells the receivers of alerts now');
    }
    if (this.#rules === undefined || !this.#rules.groups.some(({ key, isOwn }) => !isOwn && membership.mayBegin(key)))
      return;
    const states = await this.#options.documents.list(GROUP_KIND);
    await this.#rules.beginGroups(new Map(states.map(({ key, body }) => [key, body as GroupState])));
  }

  async #beaten(): Promise<void> {
    try {
      if (this.#hasRefused && this.isOwner) {
        this.#hasRefused = false;
        await this.#notifier?.takeOver();
      }
      if (this.#membership.memberCount < 2) {
        this.#wasAlone = true;
        return;
      }
      if (this.#wasAlone) {
        this.#wasAlone = false;
        this.#newestUs = 0;
        this.#newestSilenceUs = 0;
        this.tell(this.#notifier?.alerts() ?? []);
      }
      await this.#writeStates();
      await this.#look();
      await this.#sweep();
    } catch (error) {
      if (error instanceof FencedError) throw error;
      this.#options.log('warn', `sharing rules with other servers: ${messageOf(error)}`);
    }
  }

  /** States of groups that were evaluated since they were last written. */
  async #writeStates(): Promise<void> {
    const changed: NewDocument[] = [];
    for (const group of this.#rules?.ownGroups ?? []) {
      const { key, state } = group;
      if (state === undefined || this.#written.get(key) === state.lastEvaluationMs) continue;
      this.#written.set(key, state.lastEvaluationMs);
      changed.push({ key, body: state });
    }
    await this.#write(GROUP_KIND, changed);
  }

  async #tellNow(): Promise<void> {
    const alerts = Array.from(this.#untold);
    this.#untold.clear();
    try {
      await this.#write(
        ALERT_KIND,
        alerts.map(([key, alert]) => ({ key, body: { by: this.#id, alert: Notifier.shared(alert) } })),
      );
    } catch (error) {
      // Rules and others that send alerts tell of them again within minutes.
      if (!(error instanceof FencedError))
        this.#options.log('warn', `other servers were not told of ${alerts.length} alerts: ${messageOf(error)}`);
    }
  }

  /** In statements of a bounded size. What is too large for a document is left out: who takes over restores it from what was stored. */
  async #write(kind: string, documents: readonly NewDocument[]): Promise<void> {
    let batch: NewDocument[] = [];
    let bytes = 0;
    for (const document of documents) {
      const size = document.body === undefined ? 0 : JSON.stringify(document.body).length;
      if (size > DOCUMENT_LIMIT_BYTES) continue;
      batch.push(document);
      bytes += size;
      if (bytes < BATCH_BYTES) continue;
      await this.#options.documents.putAll(kind, batch, this.#id);
      [batch, bytes] = [[], 0];
    }
    await this.#options.documents.putAll(kind, batch, this.#id);
  }

  /** Shows what the other servers found, and hears of their alerts and silences. */
  async #look(): Promise<void> {
    const { documents } = this.#options;
    const changes = await documents.changedSince([GROUP_KIND, ALERT_KIND], this.#newestUs - STORE_OVERLAP_US);
    const silences = await documents.changedSince(['silence'], this.#newestSilenceUs - OVERLAP_US);
    const seen = new Map<string, number>();
    const fresh = [...changes, ...silences].filter(({ kind, key, version }) => {
      const id = `${kind}/${key}`;
      seen.set(id, version);
      return this.#seen.get(id) !== version;
    });
    this.#seen = seen;
    this.#newestUs = Math.max(this.#newestUs, changes.at(-1)?.version ?? 0);
    this.#newestSilenceUs = Math.max(this.#newestSilenceUs, silences.at(-1)?.version ?? 0);
    for (const { kind, key, body } of fresh) {
      if (kind === 'silence') this.#notifier?.silences.see(key, body);
      else if (kind === GROUP_KIND && body !== undefined) this.#rules?.show(key, body as GroupState);
    }
    // What this server told itself may be older than what it knows.
    const told = fresh.flatMap(({ kind, body }) =>
      kind === ALERT_KIND && body !== undefined ? [body as AlertBody] : [],
    );
    this.#notifier?.see(told.filter(({ by }) => by !== this.#id).map(({ alert }) => alert));
  }

  /** Forgets alerts that ended, and groups that no file has. */
  async #sweep(): Promise<void> {
    const { clock, documents } = this.#options;
    if (!this.isOwner || clock.monotonicMs() - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = clock.monotonicMs();
    const beforeMs = clock.nowMs() - ENDED_KEPT_MS;
    const over = (await documents.list(ALERT_KIND)).filter(({ version, body }) => {
      const { endsAt } = (body as AlertBody).alert;
      // One whose end nobody told is told again and again while it fires.
      return endsAt === undefined
        ? version / 1000 < beforeMs - ENDED_KEPT_MS
        : isResolved({ endsAt } as Alert, beforeMs);
    });
    const old = (await documents.list(GROUP_KIND)).filter(({ version }) => version / 1000 < clock.nowMs() - DAY_MS);
    await this.#write(ALERT_KIND, over.map(gone));
    await this.#write(GROUP_KIND, old.map(gone));
  }
}

const DAY_MS = 86_400_000;

/** What the others read of an alert. */
interface AlertBody {
  /** The server that was told of it. */
  readonly by: string;
  readonly alert: Partial<Alert>;
}

function gone({ key }: { readonly key: string }): NewDocument {
  return { key, body: undefined };
}
