import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubernetesAccess } from './access.ts';
import { accessOf } from './auth.ts';
import { KubernetesClient } from './client.ts';
import type { KubernetesAuthConfig } from './config.ts';
import { RESOURCES } from './resources.ts';
import { FakeKubernetesApi } from './testing/index.ts';

const CERTIFICATES = join(import.meta.dirname, '../net/testdata');
const CA = join(CERTIFICATES, 'ca.crt');
const V1 = 'client.authentication.k8s.io/v1';
const PODS = { resource: RESOURCES.pod, namespace: '', labelSelector: '', fieldSelector: '', isMetadataOnly: false };

let folder = '';
let api: FakeKubernetesApi;
const tokens = new Set<string>();
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubernetes-'));
  const tls = { certFile: join(CERTIFICATES, 'server.crt'), keyFile: join(CERTIFICATES, 'server.key') };
  api = await FakeKubernetesApi.start({ tls, tokens });
  tokens.clear();
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await api.goAway();
  await rm(folder, { recursive: true });
});

async function write(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

function access(config: Partial<KubernetesAuthConfig>, env: Record<string, string> = {}): Promise<KubernetesAccess> {
  const inCluster = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) };
  return accessOf(
    { authType: 'serviceAccount', context: '', ...config },
    { env: Object.keys(env).length > 0 ? env : inCluster, serviceAccountFolder: folder },
  );
}

async function listWith(found: KubernetesAccess): Promise<number> {
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const client = new KubernetesClient(found, { path: 'test', userAgent: 'test', logger });
  closers.push(() => client.close());
  await client.start();
  return (await client.list(PODS, '', 10, new AbortController().signal)).items.length;
}

async function serviceAccount(): Promise<void> {
  await write('token', 'first\n');
  await write('ca.crt', await import('node:fs/promises').then(({ readFile }) => readFile(CA, 'utf8')));
}

describe('the service account', () => {
  test('its token is read again: the kubelet renews it', async () => {
    await serviceAccount();
    tokens.add('first');
    const found = await access({});
    expect(await listWith(found)).toBe(0);
    tokens.clear();
    tokens.add('second');
    await expect(listWith(found)).rejects.toThrow('could not list pods: the API does not know who asks (401)');
    await write('token', 'second');
    expect(await listWith(found)).toBe(0);
    expect(api.asked.map(({ authorization }) => authorization)).toEqual([
      'Bearer first',
      'Bearer first',
      'Bearer second',
    ]);
  });

  test('its authority must have signed for the API', async () => {
    await serviceAccount();
    const { readFile } = await import('node:fs/promises');
    await write('ca.crt', await readFile(join(CERTIFICATES, 'client.crt'), 'utf8'));
    await expect(listWith(await access({}))).rejects.toThrow(/certificate/);
  });

  test.each([
    ['no cluster', { HOME: '/nowhere' }, 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set'],
    ['no token', undefined, `token": ENOENT`],
  ])('%s', async (_, env, message) => {
    await expect(access({}, env)).rejects.toThrow(message);
  });
});

test('auth_type none: no credentials, and the certificate is not checked', async () => {
  tokens.add('');
  expect(await listWith(await access({ authType: 'none' }))).toBe(0);
  expect(api.asked[0]!.authorization).toBe('');
});

describe('kubeconfig', () => {
  const kubeConfig = (user: object, cluster: object = { 'certificate-authority': CA }): string =>
    JSON.stringify({
      'current-context': 'here',
      contexts: [
        { name: 'here', context: { cluster: 'c', user: 'u' } },
        { name: 'there', context: { cluster: 'c', user: 'other' } },
      ],
      clusters: [{ name: 'c', cluster: { server: `${api.url}/`, ...cluster } }],
      users: [
        { name: 'u', user },
        { name: 'other', user: { token: 'of-the-other' } },
      ],
    });

  test.each([
    ['a token', { token: 'abc' }, 'Bearer abc'],
    ['a name and password', { username: 'me', password: 'pw' }, `Basic ${Buffer.from('me:pw').toString('base64')}`],
  ])('%s', async (_, user, authorization) => {
    tokens.add(authorization.replace(/^Bearer /, ''));
    const path = await write('config', kubeConfig(user));
    expect(await listWith(await access({ authType: 'kubeConfig' }, { KUBECONFIG: `/not/there:${path}` }))).toBe(0);
    expect(api.asked[0]!.authorization).toBe(authorization);
  });

  test('files are beside it, also those in base64, and the context can be chosen', async () => {
    tokens.add('in-a-file').add('of-the-other');
    await write('t', 'in-a-file\n');
    const data = Buffer.from(await (await import('node:fs/promises')).readFile(CA)).toString('base64');
    const path = await write('config', kubeConfig({ tokenFile: 't' }, { 'certificate-authority-data': data }));
    expect(await listWith(await access({ authType: 'kubeConfig' }, { KUBECONFIG: path }))).toBe(0);
    expect(await listWith(await access({ authType: 'kubeConfig', context: 'there' }, { KUBECONFIG: path }))).toBe(0);
    expect(api.asked.map(({ authorization }) => authorization)).toEqual(['Bearer in-a-file', 'Bearer of-the-other']);
  });

  test.each([
    ['a provider of credentials', { 'auth-provider': { name: 'gcp' } }, {}, 'which Kubernetes has dropped'],
    ['a program without a version', { exec: { command: 'aws' } }, {}, 'has the apiVersion "undefined"'],
    ['no program', { exec: { apiVersion: V1 } }, {}, 'exec of the user "u" of the kubeconfig names no command'],
    ['no such context', {}, { context: 'nope' }, 'the current context, "nope", is not among the contexts of'],
  ])('%s is refused', async (_, user, config, message) => {
    const path = await write('config', kubeConfig(user));
    await expect(access({ authType: 'kubeConfig', ...config }, { KUBECONFIG: path })).rejects.toThrow(message);
  });

  const program = (script: string, args: readonly string[] = []): object => ({
    exec: {
      apiVersion: V1,
      command: process.execPath,
      args: ['-e', script, ...args],
      env: [{ name: 'FROM_ENV', value: 'e' }],
      installHint: 'install it so',
    },
  });
  const printing = (answer: string): string =>
    `const asked = JSON.parse(process.env.KUBERNETES_EXEC_INFO); console.log(JSON.stringify(${answer}))`;

  test('a program says who asks, and is run again once its token expires', async () => {
    await write('runs', '');
    const answer = `{ kind: asked.kind, apiVersion: asked.apiVersion, status: {
      token: process.env.FROM_ENV + asked.spec.interactive + (fs.appendFileSync(process.argv[1], 'x'), fs.statSync(process.argv[1]).size),
      expirationTimestamp: new Date(Date.now() + (fs.statSync(process.argv[1]).size > 1 ? 3600_000 : 0)).toISOString() } }`;
    tokens.add('efalse1').add('efalse2');
    const path = await write('config', kubeConfig(program(printing(answer), [join(folder, 'runs')])));
    const found = await access({ authType: 'kubeConfig' }, { KUBECONFIG: path });
    for (let i = 0; i < 3; i++) expect(await listWith(found)).toBe(0);
    const asked = api.asked.map(({ authorization }) => authorization);
    expect(asked).toEqual(['Bearer efalse1', 'Bearer efalse2', 'Bearer efalse2']);
  });

  test.each([
    ['console.error("log in first"); process.exit(3)', 'log in first'],
    ['process.exit(3)', 'it ended with 3'],
    ['console.log("hello")', `printed no ExecCredential of ${V1}`],
    [printing('{ ...asked, status: { clientCertificateData: "x" } }'), 'gave no token'],
  ])('a program that does not: %s', async (script, message) => {
    const path = await write('config', kubeConfig(program(script)));
    const found = await access({ authType: 'kubeConfig' }, { KUBECONFIG: path });
    await expect(found.authorize()).rejects.toThrow(message);
  });

  test('nothing in it, and no cluster around', async () => {
    await expect(access({ authType: 'kubeConfig' }, { KUBECONFIG: '/not/there' })).rejects.toThrow(
      'no kubeconfig: there is nothing in /not/there',
    );
  });
});
