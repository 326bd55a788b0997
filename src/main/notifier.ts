import { statSync } from 'node:fs';
import type { AlertSink } from '#alerting';
import type { Notifier, NotifySetup, NotifyShare } from '#alerting/notify';
import { ConfigErrors, every, type Logger, messageOf, sleep, systemClock } from '#base';
import { printPlace } from '#config';
import type { Addresses } from './addresses.ts';
import type { ConfigReads } from './notify-metrics.ts';
import { writerLogin } from './store-login.ts';
import { signalboxVersion } from './version.ts';

/** The notifier of a server, with what it needs to be kept. */
export interface OpenNotifier {
  readonly notifier: Notifier;
  readonly reads: Readonly<ConfigReads>;
  /** Takes the alerts of rules. */
  readonly sink: AlertSink;
  /** Reads its files again; what is wrong with them is said, and then nothing changes. */
  readonly reload: () => void;
  readonly close: () => Promise<void>;
}

/** Without a configuration of the user alerts are shown and silenced, and nobody is told. */
const NOBODY = 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n';
const RETRY_MS = 1000;
const WATCH_MS = 10_000;

export interface NotifierOptions {
  /** An Alertmanager configuration; undefined: nobody is told. */
  readonly file: string | undefined;
  /** It may have receivers of types that are not there. */
  readonly allowsAbsent: boolean;
  readonly externalUrl: string;
  /** Undefined where nobody is told. */
  readonly share: NotifyShare | undefined;
}

/** Throws ConfigErrors or a StartError for the Alertmanager configuration. */
export async function openNotifier(addresses: Addresses, options: NotifierOptions): Promise<OpenNotifier> {
  const { Notifier, instantAt, readNotifyConfig, readSetup } = await import('#alerting/notify');
  const { DocumentStore, storeEndpoint } = await import('#store');
  const { file, allowsAbsent, externalUrl, share } = options;
  const read = (): NotifySetup =>
    file === undefined
      ? { config: readNotifyConfig({ text: NOBODY, file: 'built-in' }), templates: [] }
      : readSetup(file, { allowsAbsent });
  const setup = read();
  const reads: ConfigReads = { isLastSuccessful: true, lastSuccessMs: systemClock.nowMs() };
  for (const warning of setup.config.warnings) log('warning', warning);
  const { storeUrl, login } = addresses;
  const endpoint = storeEndpoint({ url: storeUrl, ...login, ...writerLogin(addresses) });
  const documents = new DocumentStore({ endpoint, tenant: '', nowMs: () => systemClock.nowMs() });
  const notifier = new Notifier(setup, {
    clock: systemClock,
    random: Math.random,
    logger: LOGGER,
    documents,
    externalUrl: externalUrl.replace(/\/+$/, ''),
    version: signalboxVersion(),
    ...(share !== undefined && { share }),
  });
  let isClosed = false;
  void startWhenStored(notifier, () => isClosed);
  let stamp = file === undefined ? '' : stampOf([file, ...notifier.files]);
  const reload = (): void => {
    if (file === undefined) return;
    try {
      const next = read();
      notifier.reload(next);
      stamp = stampOf([file, ...notifier.files]);
      reads.isLastSuccessful = true;
      reads.lastSuccessMs = systemClock.nowMs();
      log('info', `${file} was read again`);
    } catch (error) {
      reads.isLastSuccessful = false;
      for (const line of linesOf(error)) log('error', `${line}; what was read before stays`);
    }
  };
  const watch = every(WATCH_MS, () => {
    if (file === undefined) return;
    const now = stampOf([file, ...notifier.files]);
    if (now === stamp) return;
    stamp = now;
    reload();
  });
  return {
    notifier,
    reads,
    sink: {
      send: (alerts) =>
        void notifier.receive(
          alerts.map(({ labels, annotations, startsAtMs, endsAtMs, generatorUrl }) => ({
            labels: labels.pairs,
            annotations,
            startsAt: instantAt(startsAtMs),
            endsAt: instantAt(endsAtMs),
            generatorUrl,
          })),
        ),
    },
    reload,
    close: async () => {
      isClosed = true;
      watch.cancel();
      notifier.stop();
      await documents.close();
    },
  };
}

/** The store may come later than the server. */
async function startWhenStored(notifier: Notifier, isClosed: () => boolean): Promise<void> {
  for (let tries = 0; !isClosed(); tries++) {
    try {
      await notifier.start();
      return;
    } catch (error) {
      if (tries === 30)
        log('warning', `alerts wait: the store doesn't give what was kept of silences: ${messageOf(error)}`);
      await sleep(RETRY_MS);
    }
  }
}

/** Differs when one of the files does. */
function stampOf(files: readonly string[]): string {
  return files
    .map((file) => {
      try {
        const { mtimeMs, size } = statSync(file);
        return `${file} ${mtimeMs} ${size}`;
      } catch {
        return file;
      }
    })
    .join('\n');
}

function linesOf(error: unknown): readonly string[] {
  if (!(error instanceof ConfigErrors)) return [messageOf(error)];
  return error.errors.map(({ message, place }) => (place === undefined ? message : `${printPlace(place)}: ${message}`));
}

function log(level: string, message: string): void {
  process.stderr.write(`signalbox server: ${level}: ${message}\n`);
}

const LOGGER: Logger = {
  debug: () => undefined,
  info: (message) => log('info', message),
  warn: (message) => log('warning', message),
  error: (message) => log('error', message),
};
