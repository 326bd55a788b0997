import {
  createSecureContext,
  DEFAULT_CIPHERS,
  getCACertificates,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { every, type Logger, messageOf, StartError } from '#base';
import {
  INSECURE_TLS_CIPHER_SUITES,
  TLS_CIPHER_SUITES,
  TLS_CURVES,
  type TlsClientConfig,
  type TlsConfig,
  type TlsServerConfig,
} from '#config';
import { networkMessage } from './network-error.ts';
import { type PemSource, pemSource, readCertificates, readIdentity } from './tls-files.ts';

/** `requestCert` is true where clients must show a certificate. */
export interface ServerTls extends SecureContextOptions {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/** How often a client CA file is looked at, as in otelcol. */
const CLIENT_CA_CHECK_MS = 1000;

/**
 * Reads and checks the files of a server's `tls` block. `path` is the block's place in the configuration, for errors. Throws a StartError
 * where something is wrong with one.
 */
export async function readServerTls(config: TlsServerConfig, path: string): Promise<ServerTls> {
  const options = { ...sharedOptions(config), ...(await readOwnIdentity(config, path)) };
  // It is for clients, but a mistake in it is one here too.
  await readAuthorities(config, pemSource(path, 'ca', config.caFile, config.caPem));
  if (config.clientCaFile === '') return used({ ...options, requestCert: false, rejectUnauthorized: false }, path);
  const ca = await readClientAuthorities(config, path);
  return used({ ...options, ca, requestCert: true, rejectUnauthorized: true }, path);
}

/** `servername` is '' where the host of the endpoint is to be used. */
export interface ClientTls {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
  readonly servername: string;
}

/** Reads and checks the files of a client's `tls` block. Without a CA of its own it trusts the system's and Node's. */
export async function readClientTls(config: TlsClientConfig, path: string): Promise<ClientTls> {
  const ca = await readAuthorities(config, pemSource(path, 'ca', config.caFile, config.caPem));
  const options = {
    ...sharedOptions(config),
    ...(await readOwnIdentity(config, path)),
    ca: ca ?? systemCertificates(),
  };
  return {
    secureContext: contextOf(options, path),
    rejectUnauthorized: !config.insecureSkipVerify,
    servername: config.serverNameOverride,
  };
}

/** `insecure` stands back where there is a CA to check the peer with, as in otelcol. */
export function isInsecure(config: TlsClientConfig): boolean {
  return config.insecure && pemSource('', 'ca', config.caFile, config.caPem) === undefined;
}

/**
 * Each once, for most are in both lists, and several times in the system's: the names of more than about 500 are too long for the request for a
 * client's certificate, and OpenSSL then ends each handshake.
 */
function systemCertificates(): string[] {
  const all = [...getCACertificates('default'), ...getCACertificates('system')];
  return [...new Map(all.map((pem) => [pem.replaceAll(/\s/g, ''), pem])).values()];
}

function readClientAuthorities(config: TlsServerConfig, path: string): Promise<string[] | undefined> {
  return readAuthorities(config, pemSource(path, 'client_ca', config.clientCaFile, undefined));
}

async function readAuthorities(config: TlsConfig, source: PemSource | undefined): Promise<string[] | undefined> {
  if (source === undefined) return undefined;
  const own = (await readCertificates(source)).map(String);
  return config.includeSystemCaCertsPool ? [...own, ...systemCertificates()] : own;
}

async function readOwnIdentity(config: TlsConfig, path: string): Promise<SecureContextOptions> {
  const cert = pemSource(path, 'cert', config.certFile, config.certPem);
  const key = pemSource(path, 'key', config.keyFile, config.keyPem);
  return cert === undefined || key === undefined ? {} : readIdentity(cert, key);
}

function sharedOptions(config: TlsConfig): SecureContextOptions {
  const options: SecureContextOptions = {};
  const minVersion = config.minVersion || '1.2';
  options.minVersion = `TLSv${minVersion.replace(/^1\.0$/, '1')}` as 'TLSv1.2';
  if (config.maxVersion !== '') options.maxVersion = `TLSv${config.maxVersion.replace(/^1\.0$/, '1')}` as 'TLSv1.3';
  const suites = config.cipherSuites.map(
    (name) => TLS_CIPHER_SUITES.get(name) ?? INSECURE_TLS_CIPHER_SUITES.get(name)!,
  );
  if (suites.length > 0) options.ciphers = suites.join(':');
  // OpenSSL speaks the versions before 1.2 at its lowest security level only.
  if (minVersion < '1.2') options.ciphers = `${options.ciphers ?? DEFAULT_CIPHERS}:@SECLEVEL=0`;
  if (config.curvePreferences.length > 0) {
    options.ecdhCurve = config.curvePreferences.map((name) => TLS_CURVES.get(name) ?? name).join(':');
  }
  return options;
}

/** The options, once OpenSSL has taken them. */
function used(options: ServerTls, path: string): ServerTls {
  contextOf(options, path);
  return options;
}

function contextOf(options: SecureContextOptions, path: string): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new StartError(`${path}: not usable: ${networkMessage(error)}`, undefined, { cause: error });
  }
}

export interface TlsWatch<Tls> {
  /** Where it stands in the configuration, for the log. */
  readonly path: string;
  readonly logger: Logger;
  apply(tls: Tls): void;
}

/**
 * Reads a server's certificate again every `reload_interval`, and its client CAs within a second after they changed where
 * `client_ca_file_reload` says so. New connections use what was read; after a mistake the old stays, which is said. Returns the function that
 * stops it.
 */
export function watchServerTls(config: TlsServerConfig, current: ServerTls, watch: TlsWatch<ServerTls>): () => void {
  const { path } = watch;
  let tls = current;
  const use = (changes: Partial<ServerTls>): void => {
    const next = { ...tls, ...changes };
    if (next.cert === tls.cert && next.key === tls.key && String(next.ca) === String(tls.ca)) return;
    tls = used(next, path);
    watch.apply(tls);
  };
  const stops = [
    repeat(config.reloadIntervalMs, watch, async () => use(await readOwnIdentity(config, path))),
    config.clientCaFile !== '' && config.clientCaFileReload
      ? repeat(CLIENT_CA_CHECK_MS, watch, async () => use({ ca: await readClientAuthorities(config, path) }))
      : () => {},
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Reads a client's files again every `reload_interval`, for new connections. Returns the function that stops it. */
export function watchClientTls(config: TlsClientConfig, watch: TlsWatch<ClientTls>): () => void {
  return repeat(config.reloadIntervalMs, watch, async () => watch.apply(await readClientTls(config, watch.path)));
}

/** Runs `work` every so often, 0 for never. A mistake is said when it appears, and when it is over. */
function repeat(intervalMs: number, { path, logger }: TlsWatch<never>, work: () => Promise<void>): () => void {
  if (intervalMs <= 0) return () => {};
  let isBusy = false;
  let isStopped = false;
  let said = '';
  const run = async (): Promise<void> => {
    try {
      await work();
      if (said !== '' && !isStopped) logger.info('The TLS files can be used again', { tls: path });
      said = '';
    } catch (error) {
      const message = messageOf(error);
      if (message !== said && !isStopped) {
        logger.warn('Reloading the TLS files failed, the old ones stay in use', { tls: path, error: message });
      }
      said = message;
    }
  };
  const timer = every(intervalMs, () => {
    if (isBusy) return;
    isBusy = true;
    void run().finally(() => {
      isBusy = false;
    });
  });
  return () => {
    isStopped = true;
    timer.cancel();
  };
}
