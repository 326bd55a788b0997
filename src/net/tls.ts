import { readFile } from 'node:fs/promises';
import { getCACertificates, type SecureContextOptions } from 'node:tls';
import { messageOf, StartError } from '#base';
import type { Secret, TlsClientConfig, TlsConfig, TlsServerConfig } from '#config';

/** Go's names of curves, which configurations use, in OpenSSL's spelling. */
const CURVES: Readonly<Record<string, string>> = { P256: 'P-256', P384: 'P-384', P521: 'P-521' };

/** `requestCert` is true where clients must show a certificate. */
export interface ServerTls extends SecureContextOptions {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/**
 * Reads the files of a server's `tls` block. `path` is the block's place in the configuration, for errors. Throws a StartError where a
 * file can't be read.
 */
export async function readServerTls(config: TlsServerConfig, path: string): Promise<ServerTls> {
  const options = await readShared(config, path);
  if (config.clientCaFile === '') return { ...options, requestCert: false, rejectUnauthorized: false };
  const ca = await read(config.clientCaFile, `${path}::client_ca_file`);
  return { ...options, ca, requestCert: true, rejectUnauthorized: true };
}

/** `servername` is '' where the host of the endpoint is to be used. */
export interface ClientTls extends SecureContextOptions {
  readonly rejectUnauthorized: boolean;
  readonly servername: string;
}

/** Reads the files of a client's `tls` block. Without a CA of its own it trusts the system's and Node's. */
export async function readClientTls(config: TlsClientConfig, path: string): Promise<ClientTls> {
  const options = await readShared(config, path);
  const trust = options.ca === undefined ? { ca: systemCertificates() } : {};
  return {
    ...options,
    ...trust,
    rejectUnauthorized: !config.insecureSkipVerify,
    servername: config.serverNameOverride,
  };
}

function systemCertificates(): string[] {
  return [...getCACertificates('default'), ...getCACertificates('system')];
}

async function readShared(config: TlsConfig, path: string): Promise<SecureContextOptions> {
  const options: SecureContextOptions = {};
  const cert = await textOf(config.certFile, config.certPem, `${path}::cert_file`);
  const key = await textOf(config.keyFile, config.keyPem, `${path}::key_file`);
  const ca = await textOf(config.caFile, config.caPem, `${path}::ca_file`);
  if (cert !== undefined) options.cert = cert;
  if (key !== undefined) options.key = key;
  if (ca !== undefined) options.ca = config.includeSystemCaCertsPool ? [ca, ...systemCertificates()] : ca;
  if (config.minVersion !== '') options.minVersion = `TLSv${config.minVersion}` as 'TLSv1.2';
  if (config.maxVersion !== '') options.maxVersion = `TLSv${config.maxVersion}` as 'TLSv1.3';
  if (config.cipherSuites.length > 0) options.ciphers = config.cipherSuites.join(':');
  if (config.curvePreferences.length > 0) {
    options.ecdhCurve = config.curvePreferences.map((name) => CURVES[name] ?? name).join(':');
  }
  return options;
}

async function textOf(file: string, pem: Secret | undefined, path: string): Promise<string | undefined> {
  if (pem !== undefined) return pem.reveal();
  return file === '' ? undefined : read(file, path);
}

async function read(file: string, path: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new StartError(`${path}: can't read "${file}": ${messageOf(error)}`, undefined, { cause: error });
  }
}

/**
 * Calls `apply` with newly read options every `reload_interval`, so that renewed certificates are used without a restart. A file that
 * can't be read is reported, and the old options stay. Returns the function that stops it.
 */
export function watchTls<T>(
  intervalMs: number,
  load: () => Promise<T>,
  apply: (options: T) => void,
  onError: (message: string) => void,
): () => void {
  if (intervalMs <= 0) return () => {};
  const timer = setInterval(() => {
    load()
      .then(apply)
      .catch((error: unknown) => onError(messageOf(error)));
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
