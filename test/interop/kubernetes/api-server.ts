import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { eventually, freePorts } from '#base/testing.ts';

/** The modules of a real API of Kubernetes, and of the store behind it. Those beside k8s.io/kubernetes are served with a 0 in front. */
const KUBERNETES = '1.36.3';
const ETCD = '3.6.8';
const STAGING = /^\s+(k8s\.io\/[a-z-]+) => \.\/staging\//gm;

/** Why a real API can't be built here; undefined where it is there. Building it takes some minutes of a processor once. */
export function buildApiServer(work: string): string | undefined {
  if (existsSync(join(work, 'kube-apiserver')) && existsSync(join(work, 'etcd'))) return undefined;
  try {
    execFileSync('go', ['version']);
  } catch {
    return 'Go is not installed';
  }
  const go = (args: readonly string[]): string => {
    const env = { ...process.env, GOSUMDB: 'off', GOFLAGS: '-mod=mod', CGO_ENABLED: '0' };
    return execFileSync('go', args, {
      cwd: work,
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };
  mkdirSync(work, { recursive: true });
  try {
    console.log('kubernetes: building kube-apiserver and etcd from their Go modules …');
    writeFileSync(join(work, 'go.mod'), 'module apiserver\n\ngo 1.26.0\n');
    const { Dir } = JSON.parse(go(['mod', 'download', '-json', `k8s.io/kubernetes@v${KUBERNETES}`])) as { Dir: string };
    // Its own go.mod has these in folders that are no part of the module.
    const staged = [...readFileSync(join(Dir, 'go.mod'), 'utf8').matchAll(STAGING)].map(([, name]) => name!);
    const version = `v0.${KUBERNETES.split('.').slice(1).join('.')}`;
    const replaced = staged.map((name) => `  ${name} => ${name} ${version}`).join('\n');
    writeFileSync(
      join(work, 'go.mod'),
      `module apiserver\n\ngo 1.26.0\n\nrequire k8s.io/kubernetes v${KUBERNETES}\nrequire go.etcd.io/etcd/server/v3 v${ETCD}\nreplace (\n${replaced}\n)\n`,
    );
    go(['build', '-ldflags=-s -w', '-o', 'etcd', 'go.etcd.io/etcd/server/v3']);
    go(['build', '-ldflags=-s -w', '-o', 'kube-apiserver', 'k8s.io/kubernetes/cmd/kube-apiserver']);
    return undefined;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    return `the modules can't be had or built: ${String(stderr || error)
      .trim()
      .split('\n')
      .at(-1)}`;
  }
}

const ADMIN = 'the-token-of-the-test';

interface Child {
  stop(): Promise<void>;
}

function run(program: string, args: readonly string[], log: string): Child {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (part: Buffer): void => {
    output = (output + part.toString()).slice(-1_000_000);
    writeFileSync(log, output);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A kube-apiserver with RBAC and its etcd, in a folder of their own. */
export class ApiServer {
  readonly folder: string;
  readonly #work: string;
  #port = 0;
  #etcdPort = 0;
  #etcd: Child | undefined;
  #server: Child | undefined;

  private constructor(work: string, folder: string) {
    this.#work = work;
    this.folder = folder;
  }

  static async start(work: string, folder: string): Promise<ApiServer> {
    const api = new ApiServer(work, folder);
    const [port, etcd, peer] = (await freePorts(3)) as [number, number, number];
    api.#port = port;
    api.#etcdPort = etcd;
    const url = `http://127.0.0.1:${etcd}`;
    const own = `http://127.0.0.1:${peer}`;
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(join(folder, 'tokens.csv'), `${ADMIN},admin,admin,"system:masters"\n`);
    api.#etcd = run(
      join(work, 'etcd'),
      [
        ...['--data-dir', join(folder, 'etcd'), '--listen-client-urls', url, '--advertise-client-urls', url],
        ...['--listen-peer-urls', own, '--initial-advertise-peer-urls', own, '--initial-cluster', `default=${own}`],
        '--unsafe-no-fsync',
      ],
      join(folder, 'etcd.log'),
    );
    await api.comeBack();
    return api;
  }

  get port(): number {
    return this.#port;
  }
  /** The certificate that signs for the API: its own. */
  get caFile(): string {
    return join(this.folder, 'certs/apiserver.crt');
  }

  async comeBack(): Promise<void> {
    const file = (name: string): string => join(this.folder, name);
    this.#server = run(
      join(this.#work, 'kube-apiserver'),
      [
        `--etcd-servers=http://127.0.0.1:${this.#etcdPort}`,
        ...['--bind-address=127.0.0.1', `--secure-port=${this.#port}`, `--cert-dir=${file('certs')}`],
        '--service-cluster-ip-range=10.96.0.0/16',
        `--token-auth-file=${file('tokens.csv')}`,
        '--authorization-mode=RBAC',
        ...['--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${file('sa.pub')}`],
        `--service-account-signing-key-file=${file('sa.key')}`,
        '--disable-admission-plugins=ServiceAccount',
        '--profiling=false',
      ],
      file('kube-apiserver.log'),
    );
    await eventually('kube-apiserver', async () => (await this.ask('GET', '/readyz')).status === 200, 180_000);
  }

  async goAway(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  async stop(): Promise<void> {
    await this.goAway();
    await this.#etcd?.stop();
  }

  /** Lets etcd forget what was before now. */
  async compact(): Promise<void> {
    const post = async (path: string, body: object): Promise<{ header?: { revision?: string } }> => {
      const response = await fetch(`http://127.0.0.1:${this.#etcdPort}/v3/kv/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      return (await response.json()) as { header?: { revision?: string } };
    };
    const { header } = await post('range', { key: Buffer.from('x').toString('base64') });
    await post('compaction', { revision: header!.revision!, physical: true });
  }

  /** As the administrator. */
  ask(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': type };
      const options = { host: '127.0.0.1', port: this.#port, path, method, headers, rejectUnauthorized: false };
      const sent = request(options, (response) => {
        let text = '';
        response.on('data', (part: Buffer) => {
          text += part.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Throws where it is refused. */
  async make(path: string, body: object): Promise<Record<string, unknown>> {
    const { status, body: text } = await this.ask('POST', path, body);
    if (status >= 300) throw new Error(`${path}: ${status} ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
