import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { StartError } from '#base';
import type { Secret } from '#config';

/** One of the files of a `tls` block, or the text that stands in its place. */
export interface PemSource {
  /** Its place in the configuration, `receivers::otlp::protocols::grpc::tls::cert_file`. */
  readonly key: string;
  /** '' where the text is in the configuration itself. */
  readonly file: string;
  readonly pem: Secret | undefined;
}

/** The source of `name` (`ca`, `cert`, `key`) in the block at `path`; undefined where neither file nor text is given. */
export function pemSource(path: string, name: string, file: string, pem: Secret | undefined): PemSource | undefined {
  if (file !== '') return { key: `${path}::${name}_file`, file, pem: undefined };
  return pem === undefined || pem.reveal() === '' ? undefined : { key: `${path}::${name}_pem`, file: '', pem };
}

/** A certificate with its chain, and its key. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** Reads and checks both. Throws a StartError that says which of them is wrong, and how. */
export async function readIdentity(certSource: PemSource, keySource: PemSource): Promise<Identity> {
  const [leaf, ...chain] = await readCertificates(certSource);
  const key = await readKey(keySource);
  if (!leaf!.checkPrivateKey(key)) {
    throw mistake(keySource, `the private key does not belong to the certificate of ${placeOf(certSource)}`);
  }
  return {
    cert: [leaf!, ...chain].map(String).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** The certificates of a file: at least one. What else stands in it is passed over, as Go does it. */
export async function readCertificates(source: PemSource): Promise<readonly X509Certificate[]> {
  const text = await textOf(source);
  const blocks = blocksOf(text).filter(({ label }) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label));
  if (blocks.length === 0) throw mistake(source, `holds no certificate${whatElse(text)}`, CERTIFICATE_HINT);
  const certificates = blocks.flatMap(({ pem }) => {
    const certificate = attempt(() => new X509Certificate(pem));
    return certificate === undefined ? [] : [certificate];
  });
  if (certificates.length > 0) return certificates;
  throw mistake(source, "the certificate can't be read: it is cut off or damaged", CERTIFICATE_HINT);
}

async function readKey(source: PemSource): Promise<KeyObject> {
  const text = await textOf(source);
  const block = blocksOf(text).find(({ label }) => / ?PRIVATE KEY$/.test(label));
  if (block === undefined) throw mistake(source, `holds no private key${whatElse(text)}`, KEY_HINT);
  if (block.label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: 4,ENCRYPTED/m.test(block.pem)) {
    throw mistake(source, "the private key is protected by a passphrase, which can't be given here", DECRYPT_HINT);
  }
  const key = attempt(() => createPrivateKey(block.pem));
  if (key === undefined) throw mistake(source, "the private key can't be read: it is cut off or damaged", KEY_HINT);
  return key;
}

const CERTIFICATE_HINT = 'a certificate begins with -----BEGIN CERTIFICATE----- (PEM)';
const KEY_HINT = 'a private key begins with -----BEGIN PRIVATE KEY----- (PEM)';
const DECRYPT_HINT = 'write it without one: openssl pkey -in protected.key -out plain.key';

/** The start of a longer explanation: where it is, what is wrong with it. */
function mistake(source: PemSource, what: string, hint?: string): StartError {
  return new StartError(`${source.key}: ${source.file === '' ? 'the text' : `"${source.file}"`}: ${what}`, hint);
}

function placeOf(source: PemSource): string {
  return source.file === '' ? source.key : `"${source.file}"`;
}

async function textOf(source: PemSource): Promise<string> {
  const text = source.pem === undefined ? await read(source) : source.pem.reveal();
  if (text.trim() === '') throw mistake(source, 'is empty');
  return text;
}

async function read(source: PemSource): Promise<string> {
  try {
    return await readFile(source.file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new StartError(`${source.key}: can't read "${source.file}": ${READ_ERRORS[code] ?? code}`, undefined, {
      cause: error,
    });
  }
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
};

interface PemBlock {
  readonly label: string;
  readonly pem: string;
}

function blocksOf(text: string): PemBlock[] {
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g);
  return [...blocks].map(([pem, label]) => ({ label: label!, pem }));
}

/** What a file holds where something else is expected, for the one who has mixed two of them up. */
function whatElse(text: string): string {
  const labels = blocksOf(text).map(({ label }) => label);
  if (labels.some((label) => label.endsWith('PRIVATE KEY'))) return ', but a private key';
  if (labels.length > 0) return `, but a ${labels[0]!.toLowerCase()}`;
  return text.includes('-----BEGIN') ? ': its block has no end' : '';
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
