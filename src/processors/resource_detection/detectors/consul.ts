import { z } from 'zod';
import { mapOf, text } from '#config';
import { attributes, type Detector, type Found, jsonFrom, mapIn, textIn, Unavailable } from '../detector.ts';

export const consul: Detector = {
  type: 'consul',
  what: 'the node, from the agent of Consul on it',
  attributes: attributes('cloud.region host.id host.name'),
  keys: {
    address: text('').meta({ description: 'of the agent', defaultText: '`CONSUL_HTTP_ADDR`, or 127.0.0.1:8500' }),
    datacenter: text('').describe('that is asked for; without one that of the agent'),
    namespace: text('').describe('that is asked for'),
    token: text('').meta({ description: 'to ask with', defaultText: '`CONSUL_HTTP_TOKEN`' }),
    token_file: text('').describe('a file with the token'),
    meta: mapOf(z.unknown()).describe('metadata of the node with these keys become attributes; the values say nothing'),
  },
  detect: async (world, block) => {
    const address = String(block.address) || (world.env('CONSUL_HTTP_ADDR') ?? '127.0.0.1:8500');
    const scheme = world.env('CONSUL_HTTP_SSL')?.toLowerCase() === 'true' ? 'https' : 'http';
    const url = new URL(`${address.includes('://') ? address : `${scheme}://${address}`}/v1/agent/self`);
    if (block.datacenter !== '') url.searchParams.set('dc', String(block.datacenter));
    if (block.namespace !== '') url.searchParams.set('ns', String(block.namespace));
    const file = block.tokenFile === '' ? '' : (await world.readText(String(block.tokenFile))).trim();
    const token = String(block.token) || file || (world.env('CONSUL_HTTP_TOKEN') ?? '');
    const self = await jsonFrom(world, String(url), { headers: token === '' ? {} : { 'x-consul-token': token } });
    const config = mapIn(self, 'Config');
    const found: Found = {
      'host.name': textIn(config, 'NodeName'),
      'cloud.region': textIn(config, 'Datacenter'),
      'host.id': textIn(config, 'NodeID'),
    };
    const missing = Object.values(found).includes('');
    if (missing) throw new Unavailable('the agent did not say its NodeName, Datacenter and NodeID');
    const wanted = new Set((block.meta as readonly string[]) ?? []);
    for (const [key, value] of Object.entries(mapIn(self, 'Meta'))) if (wanted.has(key)) found[key] = String(value);
    return found;
  },
};
