import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '#base/testing.ts';
import { FakeKubernetesApi } from '#kubernetes/testing.ts';

/**
 * Runs a configuration as a pod of a cluster has it around it: for `unshare --net --mount`, so that its ports and the files of its service account are
 * its own. Arguments: the configuration, a folder for data. Prints what the API was asked, and what the collector said, as JSON.
 */
const [config = '', data = ''] = process.argv.slice(2);
const ROOT = join(import.meta.dirname, '../..');
const CERTIFICATES = join(ROOT, 'src/net/testdata');
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

execFileSync('ip', ['link', 'set', 'lo', 'up']);
execFileSync('mount', ['-t', 'tmpfs', 'none', '/run']);
mkdirSync(ACCOUNT, { recursive: true });
copyFileSync(join(CERTIFICATES, 'ca.crt'), join(ACCOUNT, 'ca.crt'));
writeFileSync(join(ACCOUNT, 'token'), 'of-the-pod\n');

const tls = { certFile: join(CERTIFICATES, 'server.crt'), keyFile: join(CERTIFICATES, 'server.key') };
const api = await FakeKubernetesApi.start({ tls, tokens: new Set(['of-the-pod']) });
const env = {
  ...process.env,
  KUBERNETES_SERVICE_HOST: '127.0.0.1',
  KUBERNETES_SERVICE_PORT: String(api.port),
  KUBE_NODE_NAME: 'node-1',
};
const cli = [join(ROOT, 'src/main/cli.ts'), 'collector', '--config', config, '--data', data];
const collector = spawn(process.execPath, cli, { env });
let output = '';
for (const stream of [collector.stdout, collector.stderr]) {
  stream.on('data', (part: Buffer) => {
    output += part.toString();
  });
}
const ended = new Promise<number | null>((resolve) => collector.once('exit', resolve));
const isWatching = eventually('a watch', () => api.watchCount === 1, 60_000).then(() => true);
const isRunning = await Promise.race([isWatching.catch(() => false), ended.then(() => false)]);
collector.kill('SIGTERM');
const code = await ended;
const asked = api.asked.map(({ authorization, path, query }) => [authorization, path, query.get('fieldSelector')]);
console.log(JSON.stringify({ isRunning, code, asked, output }));
process.exit(0);
