import { authenticatorOf, type CreateSettings, type Extension, type Host } from '#component';
import { HTML_TYPE, JSON_TYPE, type Page, type PageRequest, PageServer } from '#net';
import type { ZpagesConfig } from './config.ts';
import { htmlPage } from './html.ts';
import {
  expvarData,
  extensionsView,
  featuresView,
  pipelinesView,
  serviceView,
  tracesView,
  type View,
} from './pages.ts';

const LINKS = [
  ['/debug/servicez', 'Service'],
  ['/debug/pipelinez', 'Pipelines'],
  ['/debug/extensionz', 'Extensions'],
  ['/debug/featurez', 'Features'],
  ['/debug/tracez', 'Traces'],
] as const;
const EXPVAR_LINK = ['/debug/expvarz', 'Variables'] as const;

/** Pages about the running collector, for a look with a browser or curl. */
export class Zpages implements Extension {
  readonly #settings: CreateSettings;
  readonly #config: ZpagesConfig;
  readonly #server: PageServer;
  #host: Host | undefined;

  constructor(settings: CreateSettings, config: ZpagesConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#server = new PageServer(settings, config.server, (request) => this.#page(request));
  }

  /** `host:port` with the real port; '' while it doesn't run. */
  get address(): string {
    return this.#server.address;
  }

  async start(host: Host): Promise<void> {
    this.#host = host;
    await this.#server.start(authenticatorOf(this.#config.server.auth, host));
    this.#settings.logger.info('Starting zPages extension', { endpoint: this.#server.address });
  }

  async shutdown(_deadlineMs: number): Promise<void> {
    this.#server.stop();
  }

  #page(request: PageRequest): Page | undefined {
    const { hasExpvar } = this.#config;
    if (request.path === '/debug/expvarz') return hasExpvar ? jsonPage(expvarData()) : undefined;
    const view = this.#view(request.path);
    if (view === undefined) return undefined;
    if (request.wantsJson) return jsonPage(view.data);
    const links = hasExpvar ? [...LINKS, EXPVAR_LINK] : LINKS;
    return { status: 200, contentType: HTML_TYPE, body: htmlPage(view.title, links, view.tables) };
  }

  #view(path: string): View | undefined {
    const host = this.#host?.describe();
    if (host === undefined) return undefined;
    switch (path.replace(/\/$/, '')) {
      case '':
      case '/debug':
      case '/debug/servicez':
        return serviceView(host, this.#settings.clock.nowMs());
      case '/debug/pipelinez':
        return pipelinesView(host);
      case '/debug/extensionz':
        return extensionsView(host);
      case '/debug/featurez':
        return featuresView();
      case '/debug/tracez':
        return tracesView(host);
      default:
        return undefined;
    }
  }
}

function jsonPage(data: unknown): Page {
  return { status: 200, contentType: JSON_TYPE, body: `${JSON.stringify(data, undefined, 2)}\n` };
}
