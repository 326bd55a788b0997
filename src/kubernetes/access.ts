import { readFile } from 'node:fs/promises';
import { StartError } from '#base';
import { type HttpClientConfig, httpClient } from '#config';

/** Where the API is, and who asks. */
export interface KubernetesAccess {
  /** A URL without a slash at its end. */
  readonly server: string;
  readonly client: HttpClientConfig;
  /** Goes through no proxy of the environment. */
  readonly isDirect: boolean;
  /** The headers that say who asks. Files are read each time: the kubelet renews tokens. Rejects where one can't be read. */
  authorize(): Promise<Readonly<Record<string, string>>>;
}

/** What the access is made of: the process' own, but in tests. */
export interface KubernetesSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a pod finds who it is: `token`, `ca.crt` and `namespace`. */
  readonly serviceAccountFolder: string;
}

export const ownSurroundings: KubernetesSurroundings = {
  env: process.env,
  serviceAccountFolder: '/var/run/secrets/kubernetes.io/serviceaccount',
};

/** Certificates are read again so often. */
export const CERTIFICATES_AGE_MS = 60_000;
const DEFAULT_CLIENT = httpClient();

/** A client with this `tls` block, in the words of the configuration. */
export function clientWith(tls: Readonly<Record<string, unknown>>, proxyUrl = ''): HttpClientConfig {
  const client = DEFAULT_CLIENT.parse({ tls, proxy_url: proxyUrl });
  // A watch holds a connection, and a few are enough for the lists between.
  return { ...client, compression: '', maxIdleConnsPerHost: 2 };
}

/** The API of the cluster that this process runs in (client-go rest.InClusterConfig). */
export async function serviceAccountAccess(surroundings: KubernetesSurroundings): Promise<KubernetesAccess> {
  const { caFile, reloadIntervalMs } = serviceAccountTls(surroundings);
  return {
    server: clusterServer(surroundings),
    client: clientWith({ ca_file: caFile, reload_interval: reloadIntervalMs * 1e6 }),
    isDirect: true,
    ...(await serviceAccountAuthorization(surroundings)),
  };
}

/** Who this process is in its cluster. Throws a StartError where there is no token. */
export async function serviceAccountAuthorization({
  serviceAccountFolder: folder,
}: KubernetesSurroundings): Promise<Pick<KubernetesAccess, 'authorize'>> {
  const authorize = async (): Promise<Readonly<Record<string, string>>> => ({
    authorization: `Bearer ${await textOf(`${folder}/token`)}`,
  });
  await authorize();
  return { authorize };
}

/** Who signs for the API of the cluster. */
export function serviceAccountTls({ serviceAccountFolder: folder }: KubernetesSurroundings): {
  readonly caFile: string;
  readonly reloadIntervalMs: number;
} {
  return { caFile: `${folder}/ca.crt`, reloadIntervalMs: CERTIFICATES_AGE_MS };
}

/** The namespace that this process runs in. */
export function ownNamespace({ serviceAccountFolder }: KubernetesSurroundings = ownSurroundings): Promise<string> {
  return textOf(`${serviceAccountFolder}/namespace`);
}

export function clusterServer({ env }: KubernetesSurroundings): string {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = env;
  if (host === '' || port === '') {
    throw new StartError(
      'this is no pod of a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
      'outside of a cluster a kubeconfig says where its API is',
    );
  }
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The content of a small file without its end of line. */
export async function textOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new StartError(`can't read "${path}": ${(error as NodeJS.ErrnoException).code}`, undefined, { cause: error });
  }
}
