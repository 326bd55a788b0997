import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StartError } from '#base';
import { fakeSettings } from '#component/testing.ts';
import { tlsClient, tlsServer } from '#config';
import { isInsecure, readClientTls, readServerTls, watchServerTls } from './tls.ts';

const TESTDATA = join(import.meta.dirname, 'testdata');
const testFile = (name: string): string => join(TESTDATA, name);
const IDENTITY = { cert_file: testFile('server.crt'), key_file: testFile('server.key') };

let folder = '';
const undo: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-'));
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  await rm(folder, { recursive: true });
});

async function write(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function errorOf(work: Promise<unknown>): Promise<StartError> {
  const error = await work.then(() => undefined).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StartError);
  return error as StartError;
}

/** Words of OpenSSL and Node that help nobody who has mixed up a file. */
const FOREIGN_WORDS =
  /bad decrypt|no start line|PEM routines|asn1|unsupported|0[0-9A-F]{7}:|--[a-z-]+=|passphrase-less/i;

function protectedKey(type: 'pkcs8' | 'sec1'): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }) as string;
}

describe('a file that can not be what its key says', async () => {
  const cert = await readFile(testFile('server.crt'), 'utf8');
  const key = await readFile(testFile('server.key'), 'utf8');
  const cut = `${cert.slice(0, 200)}\n-----END CERTIFICATE-----\n`;
  test.each([
    { name: 'an empty certificate', key: 'cert_file', content: '', says: 'is empty' },
    { name: 'blanks for a certificate', key: 'cert_file', content: ' \n\n', says: 'is empty' },
    { name: 'text for a certificate', key: 'cert_file', content: 'hello', says: 'holds no certificate' },
    {
      name: 'a key for a certificate',
      key: 'cert_file',
      content: key,
      says: 'holds no certificate, but a private key',
    },
    { name: 'half a certificate', key: 'cert_file', content: cut, says: "the certificate can't be read" },
    { name: 'no end', key: 'cert_file', content: cert.slice(0, 300), says: 'its block has no end' },
    { name: 'an empty key', key: 'key_file', content: '', says: 'is empty' },
    {
      name: 'a certificate for a key',
      key: 'key_file',
      content: cert,
      says: 'holds no private key, but a certificate',
    },
    {
      name: 'half a key',
      key: 'key_file',
      content: key.replace(/\n.{20}/, '\n'),
      says: "the private key can't be read",
    },
    { name: 'a protected key', key: 'key_file', content: protectedKey('pkcs8'), says: 'protected by a passphrase' },
    { name: 'a protected old key', key: 'key_file', content: protectedKey('sec1'), says: 'protected by a passphrase' },
    { name: 'an empty CA', key: 'ca_file', content: '', says: 'is empty' },
    { name: 'text for a CA', key: 'ca_file', content: 'x'.repeat(100), says: 'holds no certificate' },
    { name: 'an empty client CA', key: 'client_ca_file', content: '', says: 'is empty' },
    { name: 'text for a client CA', key: 'client_ca_file', content: 'garbage', says: 'holds no certificate' },
    { name: 'half a client CA', key: 'client_ca_file', content: cut, says: "the certificate can't be read" },
  ])('$name: $key', async ({ key: name, content, says }) => {
    const path = await write('file', content);
    const config = tlsServer.parse({ ...IDENTITY, [name]: path });
    const error = await errorOf(readServerTls(config, 'receivers::otlp::tls'));
    expect(error.message).toContain(`receivers::otlp::tls::${name}: "${path}": `);
    expect(error.message).toContain(says);
    expect(`${error.message} ${error.hint}`).not.toMatch(FOREIGN_WORDS);
    if (name === 'client_ca_file') return;
    const client = tlsClient.parse({ ...IDENTITY, [name]: path });
    expect((await errorOf(readClientTls(client, 'receivers::otlp::tls'))).message).toBe(error.message);
  });

  test('the key of another certificate', async () => {
    const config = tlsServer.parse({ ...IDENTITY, key_file: testFile('client.key') });
    expect((await errorOf(readServerTls(config, 'tls'))).message).toBe(
      `tls::key_file: "${testFile('client.key')}": the private key does not belong to the certificate of "${IDENTITY.cert_file}"`,
    );
  });

  test('text in the configuration is not repeated', async () => {
    const config = tlsServer.parse({ cert_pem: 'my certificate', key_pem: 'my key' });
    const { message } = await errorOf(readServerTls(config, 'tls'));
    expect(message).toBe('tls::cert_pem: the text: holds no certificate');
  });

  test.each(['ca_file', 'cert_file', 'key_file', 'client_ca_file'])('%s is not there, or a folder', async (name) => {
    const missing = tlsServer.parse({ ...IDENTITY, [name]: '/nowhere/at.all' });
    expect((await errorOf(readServerTls(missing, 'tls'))).message).toBe(
      `tls::${name}: can't read "/nowhere/at.all": there is no such file`,
    );
    const wrong = tlsServer.parse({ ...IDENTITY, [name]: folder });
    expect((await errorOf(readServerTls(wrong, 'tls'))).message).toContain('it is a folder');
  });
});

describe('what otelcol takes is taken', () => {
  test('a bundle with text between its certificates, and one that is damaged', async () => {
    const ca = await readFile(testFile('ca.crt'), 'utf8');
    const cut = `${ca.slice(0, 200)}\n-----END CERTIFICATE-----\n`;
    const path = await write('bundle', `# our CAs\n${cut}# the second\n${ca}`);
    const tls = await readServerTls(tlsServer.parse({ ...IDENTITY, client_ca_file: path }), 'tls');
    expect(tls).toMatchObject({ requestCert: true, rejectUnauthorized: true, ca: [ca] });
  });

  test('a key in a file with other blocks', async () => {
    const key = await readFile(testFile('server.key'), 'utf8');
    const path = await write(
      'key',
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${key}`,
    );
    await readServerTls(tlsServer.parse({ ...IDENTITY, key_file: path }), 'tls');
  });

  test("a client of the file's CA, where the system's are trusted besides", async () => {
    const identity = { cert_file: testFile('client.crt'), key_file: testFile('client.key') };
    const server = { client_ca_file: testFile('ca.crt'), include_system_ca_certs_pool: true };
    expect((await handshake(server, identity)).protocol).toBe('TLSv1.3');
  });

  test('insecure stands back where there is a CA', () => {
    expect(isInsecure(tlsClient.parse({ insecure: true }))).toBe(true);
    expect(isInsecure(tlsClient.parse({ insecure: true, ca_file: 'ca.crt' }))).toBe(false);
  });
});

/** Listens with the block, connects with the other one, and returns what the client sees. */
async function handshake(server: object, client: object): Promise<{ protocol: string; cipher: string }> {
  const listener = createServer(await readServerTls(tlsServer.parse({ ...IDENTITY, ...server }), 'tls'));
  listener.on('tlsClientError', () => {});
  const port = await listen(listener);
  const config = tlsClient.parse({ ca_file: testFile('ca.crt'), ...client });
  const { servername: _, ...options } = await readClientTls(config, 'tls');
  const socket = connect({ port, host: 'localhost', ...options });
  undo.push(() => socket.destroy());
  await once(socket, 'secureConnect');
  return { protocol: socket.getProtocol()!, cipher: socket.getCipher().standardName };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, 'localhost');
  await once(server, 'listening');
  undo.push(() => server.close());
  return (server.address() as { port: number }).port;
}

describe('versions, cipher suites, curves', () => {
  test.each([
    { server: { min_version: '1.0' }, client: { min_version: '1.0', max_version: '1.0' }, protocol: 'TLSv1' },
    { server: { min_version: '1.1' }, client: { min_version: '1.1', max_version: '1.1' }, protocol: 'TLSv1.1' },
    { server: {}, client: { max_version: '1.2' }, protocol: 'TLSv1.2' },
    { server: {}, client: {}, protocol: 'TLSv1.3' },
    { server: { max_version: '1.2' }, client: {}, protocol: 'TLSv1.2' },
  ])('$server and $client speak $protocol', async ({ server, client, protocol }) => {
    expect((await handshake(server, client)).protocol).toBe(protocol);
  });

  test('1.0 is not spoken where nobody asks for it', async () => {
    await expect(handshake({}, { min_version: '1.0', max_version: '1.1' })).rejects.toThrow();
  });

  test('a suite by the name that Go gives it', async () => {
    const suite = 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256';
    expect((await handshake({ cipher_suites: [suite], max_version: '1.2' }, {})).cipher).toBe(suite);
    const weak = { cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'], include_insecure_cipher_suites: true };
    expect((await handshake({ ...weak, max_version: '1.2' }, {})).cipher).toBe(weak.cipher_suites[0]);
  });

  test('curves', async () => {
    await handshake({ curve_preferences: ['P384'] }, { curve_preferences: ['P256', 'P384'] });
    await expect(handshake({ curve_preferences: ['P384'] }, { curve_preferences: ['X25519'] })).rejects.toThrow();
  });
});

describe('blocks that are refused', () => {
  const messages = (schema: typeof tlsServer | typeof tlsClient, raw: object): string[] =>
    schema.safeParse(raw).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

  test.each([
    {
      name: 'both forms',
      raw: { cert_pem: 'x' },
      says: 'cert_pem: provide either cert_file or cert_pem, but not both',
    },
    { name: 'both keys', raw: { key_pem: 'x' }, says: 'key_pem: provide either key_file or key_pem, but not both' },
    {
      name: 'both CAs',
      raw: { ca_file: 'a', ca_pem: 'x' },
      says: 'ca_pem: provide either ca_file or ca_pem, but not both',
    },
    { name: 'no key', raw: { key_file: '' }, says: ': provide both certificate and key, or neither' },
    {
      name: "OpenSSL's name",
      raw: { cipher_suites: ['ECDHE-RSA-AES128-GCM-SHA256'] },
      says: 'cipher_suites.0: invalid TLS cipher suite: "ECDHE-RSA-AES128-GCM-SHA256" (did you mean "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"?)',
    },
    {
      name: 'a list of OpenSSL',
      raw: { cipher_suites: ['HIGH:!aNULL'] },
      says: 'cipher_suites.0: invalid TLS cipher suite: "HIGH:!aNULL"',
    },
    {
      name: 'an insecure suite',
      raw: { cipher_suites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] },
      says: 'include_insecure_cipher_suites: true',
    },
    { name: 'a curve', raw: { curve_preferences: ['P224'] }, says: 'curve_preferences.0: must be one of "P256"' },
    { name: 'a version', raw: { min_version: '1.4' }, says: 'min_version: must be one of' },
    {
      name: 'versions',
      raw: { min_version: '1.3', max_version: '1.2' },
      says: 'min_version cannot be greater than max_version',
    },
    { name: 'a negative interval', raw: { reload_interval: '-1s' }, says: 'reload_interval: must not be negative' },
  ])('$name', ({ raw, says }) => {
    for (const schema of [tlsServer, tlsClient]) {
      expect(messages(schema, { ...IDENTITY, ...raw }).join('\n')).toContain(says);
    }
  });

  test('a server without a certificate, or with an empty one', () => {
    const says = ': TLS configuration must include both certificate and key for server connections';
    expect(messages(tlsServer, {})).toEqual([says]);
    expect(messages(tlsServer, { cert_file: '', key_file: '', cert_pem: '' })).toEqual([says]);
  });
});

describe('reading again', () => {
  const digest = (text: unknown): string => createHash('sha256').update(String(text)).digest('hex').slice(0, 8);

  async function watched(raw: object): Promise<{ applied: string[]; logged: string[]; cas: string[] }> {
    const config = tlsServer.parse(raw);
    const applied: string[] = [];
    const cas: string[] = [];
    const { logger, logged } = fakeSettings();
    const stop = watchServerTls(config, await readServerTls(config, 'tls'), {
      path: 'tls',
      logger,
      apply: (tls) => {
        applied.push(digest(tls.cert));
        cas.push(digest(tls.ca));
      },
    });
    undo.push(stop);
    return { applied, logged, cas };
  }
  const copy = async (name: string, to: string): Promise<string> => write(to, await readFile(testFile(name), 'utf8'));
  const FAILED = 'warn Reloading the TLS files failed, the old ones stay in use';
  const AGAIN = 'info The TLS files can be used again';

  test('a certificate that was renewed, and one that is cut off for a while', async () => {
    const cert_file = await copy('server.crt', 'cert');
    const key_file = await copy('server.key', 'key');
    const { applied, logged } = await watched({ cert_file, key_file, reload_interval: '5ms' });
    await write('cert', '');
    await expect.poll(() => logged, { timeout: 20_000 }).toEqual([FAILED]);
    expect(applied).toEqual([]);
    await copy('client.key', 'key');
    await copy('client.crt', 'cert');
    await expect.poll(() => applied, { timeout: 20_000 }).toEqual([digest(await readFile(testFile('client.crt')))]);
    await expect.poll(() => logged.at(-1), { timeout: 20_000 }).toBe(AGAIN);
  });

  test('client CAs are watched with client_ca_file_reload, and an emptied file does not open the door', async () => {
    const client_ca_file = await copy('server.crt', 'ca');
    const { cas, logged } = await watched({ ...IDENTITY, client_ca_file, client_ca_file_reload: true });
    await write('ca', '');
    await expect.poll(() => logged, { timeout: 20_000 }).toEqual([FAILED]);
    expect(cas).toEqual([]);
    await copy('ca.crt', 'ca');
    await expect.poll(() => cas, { timeout: 20_000 }).toEqual([digest(await readFile(testFile('ca.crt')))]);
  });

  test('client CAs stay as they are without it', async () => {
    const cert_file = await copy('server.crt', 'cert');
    const key_file = await copy('server.key', 'key');
    const client_ca_file = await copy('ca.crt', 'ca');
    const { applied, cas } = await watched({ cert_file, key_file, client_ca_file, reload_interval: '5ms' });
    await copy('server.crt', 'ca');
    await copy('client.key', 'key');
    await copy('client.crt', 'cert');
    await expect.poll(() => applied.length, { timeout: 20_000 }).toBe(1);
    expect(cas).toEqual([digest(await readFile(testFile('ca.crt')))]);
  });
});
