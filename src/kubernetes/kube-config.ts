import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { StartError } from '#base';
import {
  CERTIFICATES_AGE_MS,
  clientWith,
  type KubernetesAccess,
  type KubernetesSurroundings,
  serviceAccountAccess,
  textOf,
} from './access.ts';
import { ExecCredential, readExecBlock } from './exec-credential.ts';

type Block = Readonly<Record<string, unknown>>;

interface Entry {
  readonly block: Block;
  /** Paths in it are relative to this. */
  readonly folder: string;
}

/** What the files say together: of two things with one name the first holds (client-go tools/clientcmd). */
interface KubeConfig {
  readonly files: readonly string[];
  readonly currentContext: string;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
}

export interface KubeConfigChoice {
  /** A file; those of `KUBECONFIG` or `~/.kube/config` where it is absent. */
  readonly file?: string;
  /** '' for the current one. */
  readonly context?: string;
}

/** Reads a kubeconfig. Throws a StartError that says what is wrong with it. */
export async function kubeConfigAccess(
  { file = '', context = '' }: KubeConfigChoice,
  surroundings: KubernetesSurroundings,
): Promise<KubernetesAccess> {
  const files = file === '' ? usualFiles(surroundings) : [file];
  const config = await readFiles(files);
  const name = context === '' ? config.currentContext : context;
  if (config.contexts.size + config.clusters.size + config.users.size === 0) {
    // As clientcmd: who has no kubeconfig may be in a cluster.
    if (surroundings.env['KUBERNETES_SERVICE_HOST']) return serviceAccountAccess(surroundings);
    throw new StartError(`no kubeconfig: there is nothing in ${files.join(', ')}`, 'KUBECONFIG names the file');
  }
  const chosen = entry(config, 'contexts', name, 'the current context').block;
  const cluster = entry(config, 'clusters', textIn(chosen, 'cluster'), `the cluster of the context "${name}"`);
  const userName = textIn(chosen, 'user');
  const user = userName === '' ? undefined : entry(config, 'users', userName, `the user of the context "${name}"`);
  return accessTo(cluster, user, userName);
}

function usualFiles({ env }: KubernetesSurroundings): string[] {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return named.length > 0 ? named : [`${env['HOME'] ?? homedir()}/.kube/config`];
}

async function readFiles(files: readonly string[]): Promise<KubeConfig> {
  const all = { contexts: new Map<string, Entry>(), clusters: new Map(), users: new Map() };
  let currentContext = '';
  for (const file of files) {
    if (!existsSync(file)) continue;
    const document = parseDocument(await textOf(file));
    const [mistake] = document.errors;
    if (mistake !== undefined) throw new StartError(`the kubeconfig "${file}" is no YAML: ${mistake.message}`);
    const root = (document.toJS({ maxAliasCount: 100 }) ?? {}) as Block;
    currentContext ||= textIn(root, 'current-context');
    for (const [list, inner] of Object.entries({ contexts: 'context', clusters: 'cluster', users: 'user' })) {
      const known = all[list as keyof typeof all];
      for (const item of (Array.isArray(root[list]) ? root[list] : []) as Block[]) {
        const name = textIn(item ?? {}, 'name');
        const block = (item?.[inner] ?? {}) as Block;
        if (!known.has(name)) known.set(name, { block, folder: dirname(resolve(file)) });
      }
    }
  }
  return { ...all, currentContext, files };
}

function entry(config: KubeConfig, list: 'contexts' | 'clusters' | 'users', name: string, what: string): Entry {
  const found = config[list].get(name);
  if (found !== undefined) return found;
  const known = [...config[list].keys()].join(', ') || 'none';
  throw new StartError(`${what}, "${name}", is not among the ${list} of ${config.files.join(', ')}: ${known}`);
}

function accessTo(cluster: Entry, user: Entry | undefined, userName: string): KubernetesAccess {
  const server = textIn(cluster.block, 'server').replace(/\/+$/, '');
  if (!/^https?:\/\/[^/]/.test(server)) throw new StartError(`the server of the kubeconfig is no URL: "${server}"`);
  const own = user?.block ?? {};
  if (own['auth-provider'] !== undefined) {
    throw new StartError(
      `the user "${userName}" of the kubeconfig gets its credentials from an auth-provider, which Kubernetes has dropped`,
      'give the user exec, a token, a tokenFile or a client certificate',
    );
  }
  const folder = user?.folder ?? '';
  const program =
    own['exec'] === undefined ? undefined : new ExecCredential(readExecBlock(own['exec'], userName), folder);
  const proxyUrl = textIn(cluster.block, 'proxy-url');
  const tls = {
    ...pem(cluster, 'certificate-authority', 'ca'),
    ...(user !== undefined && { ...pem(user, 'client-certificate', 'cert'), ...pem(user, 'client-key', 'key') }),
    insecure_skip_verify: cluster.block['insecure-skip-tls-verify'] === true,
    server_name_override: textIn(cluster.block, 'tls-server-name'),
  };
  const hasFiles = Object.keys(tls).some((key) => key.endsWith('_file'));
  return {
    server,
    client: clientWith({ ...tls, reload_interval: hasFiles ? CERTIFICATES_AGE_MS * 1e6 : 0 }, proxyUrl),
    isDirect: proxyUrl === '',
    authorize: async () =>
      program === undefined ? headersOf(own, folder) : { authorization: `Bearer ${await program.token()}` },
  };
}

async function headersOf(user: Block, folder: string): Promise<Readonly<Record<string, string>>> {
  const file = textIn(user, 'tokenFile');
  const token = file === '' ? textIn(user, 'token') : await textOf(resolve(folder, file));
  if (token !== '') return { authorization: `Bearer ${token}` };
  const name = textIn(user, 'username');
  if (name === '') return {};
  return { authorization: `Basic ${Buffer.from(`${name}:${textIn(user, 'password')}`).toString('base64')}` };
}

/** A certificate or key, as a file or in base64: what stands in the kubeconfig itself goes first. */
function pem({ block, folder }: Entry, key: string, name: 'ca' | 'cert' | 'key'): Readonly<Record<string, string>> {
  const data = textIn(block, `${key}-data`);
  if (data !== '') return { [`${name}_pem`]: Buffer.from(data, 'base64').toString() };
  const file = textIn(block, key);
  return file === '' ? {} : { [`${name}_file`]: resolve(folder, file) };
}

function textIn(block: Block, key: string): string {
  const value = block[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
