import { writeFile } from 'node:fs/promises';
import { messageOf } from '#base';
import type { CreateSettings, Extension } from '#component';
import { httpServer } from '#config';
import { JSON_TYPE, type Page, type PageRequest, PageServer, TEXT_TYPE } from '#net';
import type { PprofConfig } from './config.ts';
import { Profiler } from './profiler.ts';

const BASE = '/debug/pprof/';
const INDEX = `${BASE}profile?seconds=30  a CPU profile, for the DevTools of Chromium or speedscope (name it x.cpuprofile)
${BASE}heap?seconds=5      who allocates memory meanwhile (name it x.heapprofile)
`;

/** Makes profiles when it is asked. */
export class Pprof implements Extension {
  readonly #settings: CreateSettings;
  readonly #config: PprofConfig;
  readonly #server: PageServer;
  readonly #profiler: Profiler;
  readonly #ends = new Set<() => void>();

  constructor(settings: CreateSettings, config: PprofConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#profiler = new Profiler((ms) => this.#wait(ms));
    // A profile may take longer than other pages.
    const server = httpServer({ servesPages: true, writeTimeoutMs: 0 }).parse({ endpoint: config.endpoint });
    this.#server = new PageServer(settings, server, (request) => this.#page(request));
  }

  /** `host:port` with the real port; '' while it doesn't run. */
  get address(): string {
    return this.#server.address;
  }

  async start(): Promise<void> {
    await this.#server.start();
    if (this.#config.saveToFile !== '') await this.#profiler.startWhole();
  }

  async shutdown(_deadlineMs: number): Promise<void> {
    for (const end of this.#ends) end();
    this.#server.stop();
    const profile = await this.#profiler.stopWhole();
    if (profile === undefined) return;
    const { saveToFile } = this.#config;
    await writeFile(saveToFile, profile, { mode: 0o600 }).catch((error: unknown) =>
      this.#settings.logger.warn('The CPU profile can not be saved', { file: saveToFile, error: messageOf(error) }),
    );
  }

  async #page({ path, query }: PageRequest): Promise<Page | undefined> {
    if (path === BASE) return { status: 200, contentType: TEXT_TYPE, body: INDEX };
    if (path !== `${BASE}profile` && path !== `${BASE}heap`) return undefined;
    const profile = await this.#profiler.take(path.endsWith('heap') ? 'heap' : 'profile', query.get('seconds') ?? '');
    if (profile === undefined) {
      return { status: 503, contentType: TEXT_TYPE, body: 'another profile is being made; try again later\n' };
    }
    return { status: 200, contentType: JSON_TYPE, body: profile };
  }

  /** Until the time is over, or the end of the extension. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#ends.delete(end);
        resolve();
      };
      const cancel = this.#settings.clock.after(ms, end);
      this.#ends.add(end);
    });
  }
}
