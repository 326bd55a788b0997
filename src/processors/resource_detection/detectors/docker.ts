import { attributes, type Detector, type Found, type Json, jsonFrom, textIn, Unavailable } from '../detector.ts';
import type { World } from '../world.ts';

const SOCKET = '/var/run/docker.sock';

export const docker: Detector = {
  type: 'docker',
  what: 'the host of the container, and the container, from the daemon of Docker',
  attributes: attributes('container.image.name- container.name- host.name os.type'),
  detect: async (world, { enabled }) => {
    const found: Found = {};
    if (enabled.includes('os.type') || enabled.includes('host.name')) {
      const info = await ask(world, '/info');
      found['os.type'] = textIn(info, 'OSType');
      found['host.name'] = textIn(info, 'Name');
    }
    if (enabled.includes('container.name') || enabled.includes('container.image.name')) {
      const container = await ask(world, `/containers/${encodeURIComponent(world.hostname())}/json`);
      found['container.name'] = textIn(container, 'Name');
      found['container.image.name'] = textIn(container, 'Image');
    }
    return found;
  },
};

/** `DOCKER_HOST` says where: a socket (the default), or an address without TLS. */
function ask(world: World, path: string): Promise<Json> {
  const host = world.env('DOCKER_HOST') ?? '';
  if (host === '' || host.startsWith('unix://')) {
    const socketPath = host === '' ? SOCKET : host.slice('unix://'.length);
    return jsonFrom(world, `http://localhost${path}`, { socketPath });
  }
  if (host.startsWith('tcp://') && (world.env('DOCKER_TLS_VERIFY') ?? '') === '') {
    return jsonFrom(world, `http://${host.slice('tcp://'.length)}${path}`);
  }
  throw new Unavailable(`DOCKER_HOST ${host} is not usable: a unix:// socket is, or tcp:// without DOCKER_TLS_VERIFY`);
}
