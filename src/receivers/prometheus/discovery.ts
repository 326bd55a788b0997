import type { Resolver } from 'node:dns/promises';
import { watch } from 'node:fs';
import { glob, readFile, stat } from 'node:fs/promises';
import { type Clock, excerpt, messageOf } from '#base';
import type { DnsDiscoveryConfig, FileDiscoveryConfig, HttpDiscoveryConfig, StaticGroup } from './discovery-config.ts';
import type { Fetcher } from './fetcher.ts';
import { parsePlainYaml } from './plain-yaml.ts';
import type { TargetGroup } from './target.ts';

/** Finds targets from time to time. */
export interface Discoverer {
  /** For messages: `file_sd`. */
  readonly name: string;
  readonly refreshMs: number;
  /** Rejects where nothing could be found out; then what was found before holds. */
  find(abort: AbortSignal): Promise<readonly TargetGroup[]>;
  /** Calls `onChange` when it is worth looking before the time. Returns the function that ends that. */
  watch?(onChange: () => void): () => void;
}

/** The largest list of targets that is read. */
const LIST_LIMIT_BYTES = 32 * 1024 * 1024;

export function staticGroup({ targets, labels }: StaticGroup): TargetGroup {
  return { targets: targets.map((address) => new Map([['__address__', address]])), labels };
}

/** A list of `{ targets: [], labels: {} }`, as files and HTTP endpoints have it. */
function parseGroups(list: unknown, source: ReadonlyMap<string, string>): TargetGroup[] {
  if (list === null || list === undefined) return [];
  if (!Array.isArray(list)) throw new Error('expected a list of target groups');
  return list.map((group: unknown, i) => {
    const { targets = [], labels = {} } = (group ?? {}) as { targets?: unknown; labels?: unknown };
    if (!Array.isArray(targets) || typeof labels !== 'object' || labels === null) {
      throw new Error(`target group ${i}: expected targets and labels`);
    }
    const plain = Object.entries(labels).map(([name, value]) => [name, textOf(value)] as const);
    return {
      targets: targets.map((one) => new Map([['__address__', textOf(one)]])),
      labels: new Map([...plain, ...source]),
    };
  });
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`expected a text, got ${excerpt(JSON.stringify(value) ?? 'nothing')}`);
}

/** Files that name targets. They are looked at when they change, and from time to time in any case. */
export class FileDiscoverer implements Discoverer {
  readonly name = 'file_sd';
  readonly refreshMs: number;
  readonly #patterns: readonly string[];
  /** What a file had when it could be read: half-written ones change nothing. */
  #last = new Map<string, readonly TargetGroup[]>();
  readonly #onMistake: (message: string) => void;

  constructor(config: FileDiscoveryConfig, onMistake: (message: string) => void) {
    this.#patterns = config.files;
    this.refreshMs = config.refreshMs;
    this.#onMistake = onMistake;
  }

  async find(): Promise<readonly TargetGroup[]> {
    const found = new Map<string, readonly TargetGroup[]>();
    for (const pattern of this.#patterns) {
      for await (const path of glob(pattern)) {
        try {
          found.set(path, await this.#read(path));
        } catch (error) {
          this.#onMistake(`file_sd: ${path}: ${messageOf(error)}`);
          found.set(path, this.#last.get(path) ?? []);
        }
      }
    }
    this.#last = found;
    return [...found.values()].flat();
  }

  watch(onChange: () => void): () => void {
    const folders = new Set(this.#patterns.map((pattern) => pattern.replace(/[^/]*$/, '') || '.'));
    const watchers = [...folders].flatMap((folder) => {
      try {
        const watcher = watch(folder, { persistent: false }, onChange);
        watcher.on('error', () => watcher.close());
        return [watcher];
      } catch {
        // A folder that is not there yet is found when it is time to look again.
        return [];
      }
    });
    return () => {
      for (const watcher of watchers) watcher.close();
    };
  }

  async #read(path: string): Promise<readonly TargetGroup[]> {
    const { size } = await stat(path);
    if (size > LIST_LIMIT_BYTES) throw new Error(`more than ${LIST_LIMIT_BYTES} bytes`);
    const text = await readFile(path, 'utf8');
    const list = /\.json$/i.test(path) ? JSON.parse(text) : parsePlainYaml(text);
    return parseGroups(list, new Map([['__meta_filepath', path]]));
  }
}

export class HttpDiscoverer implements Discoverer {
  readonly name = 'http_sd';
  readonly refreshMs: number;
  readonly #url: string;
  readonly #fetcher: Fetcher;

  constructor(config: HttpDiscoveryConfig, fetcher: Fetcher) {
    this.#url = config.url;
    this.refreshMs = config.refreshMs;
    this.#fetcher = fetcher;
  }

  async find(abort: AbortSignal): Promise<readonly TargetGroup[]> {
    const { status, headers, body } = await this.#fetcher.get(this.#url, {
      headers: {
        accept: 'application/json',
        'x-prometheus-refresh-interval-seconds': String(this.refreshMs / 1000),
      },
      limitBytes: LIST_LIMIT_BYTES,
      timeoutMs: Math.min(this.refreshMs, 30_000),
      abort,
    });
    if (status !== 200) throw new Error(`the answer has the status ${status}`);
    if (!/^application\/json\b/i.test(headers['content-type']?.trim() ?? '')) {
      throw new Error(`unsupported content type "${excerpt(headers['content-type'] ?? '')}"`);
    }
    return parseGroups(JSON.parse(Buffer.from(body).toString()), new Map([['__meta_url', this.#url]]));
  }
}

export class DnsDiscoverer implements Discoverer {
  readonly name = 'dns_sd';
  readonly refreshMs: number;
  readonly #config: DnsDiscoveryConfig;
  readonly #resolver: Pick<Resolver, 'resolve4' | 'resolve6' | 'resolveSrv' | 'resolveMx' | 'resolveNs'>;

  constructor(
    config: DnsDiscoveryConfig,
    resolver: Pick<Resolver, 'resolve4' | 'resolve6' | 'resolveSrv' | 'resolveMx' | 'resolveNs'>,
  ) {
    this.#config = config;
    this.refreshMs = config.refreshMs;
    this.#resolver = resolver;
  }

  async find(): Promise<readonly TargetGroup[]> {
    return Promise.all(
      this.#config.names.map(async (name) => {
        const targets = await this.#targets(name);
        return { targets, labels: new Map([['__meta_dns_name', name]]) };
      }),
    );
  }

  async #targets(name: string): Promise<ReadonlyMap<string, string>[]> {
    const { type, port } = this.#config;
    const plain = (hosts: readonly string[], label?: string): ReadonlyMap<string, string>[] =>
      hosts.map((host) => {
        const bare = host.replace(/\.$/, '');
        const target = new Map([['__address__', `${bare.includes(':') ? `[${bare}]` : bare}:${port}`]]);
        return label === undefined ? target : target.set(label, host);
      });
    try {
      if (type === 'A') return plain(await this.#resolver.resolve4(name));
      if (type === 'AAAA') return plain(await this.#resolver.resolve6(name));
      if (type === 'NS') return plain(await this.#resolver.resolveNs(name), '__meta_dns_ns_record_target');
      if (type === 'MX') {
        const records = await this.#resolver.resolveMx(name);
        return plain(
          records.map(({ exchange }) => exchange),
          '__meta_dns_mx_record_target',
        );
      }
      return (await this.#resolver.resolveSrv(name)).map(
        (record) =>
          new Map([
            ['__address__', `${record.name.replace(/\.$/, '')}:${record.port}`],
            ['__meta_dns_srv_record_target', record.name],
            ['__meta_dns_srv_record_port', String(record.port)],
          ]),
      );
    } catch (error) {
      // A name without records is an answer: no targets. Anything else says nothing of them.
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
      throw error;
    }
  }
}

/** Looks for the targets of one job, and tells what it finds. */
export class DiscoveryLoop {
  readonly #discoverer: Discoverer;
  readonly #clock: Clock;
  readonly #onFound: (groups: readonly TargetGroup[]) => void;
  readonly #onMistake: (message: string) => void;
  readonly #stop = new AbortController();
  #cancel: () => void = () => undefined;
  #stopWatching: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(
    discoverer: Discoverer,
    clock: Clock,
    onFound: (groups: readonly TargetGroup[]) => void,
    onMistake: (message: string) => void,
  ) {
    this.#discoverer = discoverer;
    this.#clock = clock;
    this.#onFound = onFound;
    this.#onMistake = onMistake;
  }

  start(): void {
    this.#stopWatching = this.#discoverer.watch?.(() => this.#look()) ?? (() => undefined);
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancel();
    this.#stopWatching();
    await this.#running;
  }

  #look(): void {
    if (this.#stop.signal.aborted) return;
    if (this.#running !== undefined) {
      this.#isAskedAgain = true;
      return;
    }
    this.#cancel();
    this.#running = this.#find().finally(() => {
      this.#running = undefined;
      if (this.#stop.signal.aborted) return;
      if (this.#isAskedAgain) {
        this.#isAskedAgain = false;
        this.#look();
      } else this.#cancel = this.#clock.after(this.#discoverer.refreshMs, () => this.#look());
    });
  }

  async #find(): Promise<void> {
    try {
      const groups = await this.#discoverer.find(this.#stop.signal);
      if (!this.#stop.signal.aborted) this.#onFound(groups);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#onMistake(`${this.#discoverer.name}: ${messageOf(error)}`);
    }
  }
}
