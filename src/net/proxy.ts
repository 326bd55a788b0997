import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { BlockList, isIP, type Socket } from 'node:net';
import { networkMessage } from './network-error.ts';

/** What a request goes to. */
export interface ProxyTarget {
  readonly isSecure: boolean;
  /** Without brackets. */
  readonly hostname: string;
  /** '' for the scheme's own. */
  readonly port: string;
}

/** Says through which proxy a request goes; undefined for none. */
export type ProxyOf = (target: ProxyTarget) => URL | undefined;

/** The `*_PROXY` variables as Go reads them (golang.org/x/net/http/httpproxy); an empty one counts as absent, and small letters go first. */
export function proxiesOf(env: NodeJS.ProcessEnv): ProxyOf {
  const http = parseProxy(env.http_proxy || env.HTTP_PROXY || '');
  const https = parseProxy(env.https_proxy || env.HTTPS_PROXY || '');
  const isDirect = directTargets(env.no_proxy || env.NO_PROXY || '');
  return (target) => {
    const proxy = target.isSecure ? https : http;
    return proxy === undefined || isDirect(target) ? undefined : proxy;
  };
}

/** `proxy_url` takes everything, whatever the variables say. Without it they decide. */
export function proxiesFor(proxyUrl: string, env: NodeJS.ProcessEnv): ProxyOf {
  if (proxyUrl === '') return proxiesOf(env);
  const proxy = parseProxy(proxyUrl);
  return () => proxy;
}

/** A URL, or `host:port` for an HTTP proxy. */
function parseProxy(text: string): URL | undefined {
  if (text === '') return undefined;
  return URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`) ?? undefined;
}

type Matcher = (host: string, port: string) => boolean;

/** What NO_PROXY keeps from the proxy: the own machine, `*`, addresses, ranges as `10.0.0.0/8`, names with all below them, each with a port or without. */
function directTargets(list: string): (target: ProxyTarget) => boolean {
  const entries = list.split(',').map((entry) => entry.trim().toLowerCase());
  const matchers = entries.includes('*') ? [() => true] : entries.flatMap((entry) => matcherOf(entry) ?? []);
  return ({ isSecure, hostname, port }) => {
    const host = hostname.toLowerCase();
    if (host === 'localhost' || LOOPBACK.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')) return true;
    const realPort = port || (isSecure ? '443' : '80');
    return matchers.some((matches) => matches(host, realPort));
  };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function matcherOf(entry: string): Matcher | undefined {
  if (entry === '') return undefined;
  const range = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (range !== null) return rangeMatcher(range[1]!, Number(range[2]));
  const [, bracketed, name, port = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\w*))?$/.exec(entry) ?? [];
  // An IPv6 address without brackets has no port.
  const host = bracketed ?? name ?? entry;
  if (host === '') return undefined;
  const isPort: Matcher = (_, given) => port === '' || given === port;
  if (isIP(host) !== 0) {
    const matchesAddress = rangeMatcher(host, isIP(host) === 4 ? 32 : 128)!;
    return (given, givenPort) => matchesAddress(given, givenPort) && isPort(given, givenPort);
  }
  const below = host.replace(/^\*(?=\.)/, '');
  const suffix = below.startsWith('.') ? below : `.${below}`;
  return (given, givenPort) =>
    isIP(given) === 0 && (given.endsWith(suffix) || given === below) && isPort(given, givenPort);
}

function rangeMatcher(address: string, prefix: number): Matcher | undefined {
  const family = isIP(address);
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return undefined;
  const range = new BlockList();
  range.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return (host) => isIP(host) !== 0 && range.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}

/** A connection to `host:port` through a proxy, made with CONNECT. Rejects where the proxy can't be reached or doesn't want to. */
export function connectThroughProxy(proxy: URL, hostPort: string, timeoutMs: number): Promise<Socket> {
  const place = `proxy ${proxy.host}`;
  const request = (proxy.protocol === 'https:' ? requestSecure : requestPlain)({
    method: 'CONNECT',
    hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port,
    path: hostPort,
    agent: false,
    timeout: timeoutMs,
    headers: { host: hostPort, ...credentialsFor(proxy) },
  });
  return new Promise((resolve, reject) => {
    const fail = (what: string, cause?: unknown): void => {
      request.destroy();
      reject(new Error(`${place}: ${what}`, { cause }));
    };
    request.once('connect', (response, socket, head) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        fail(`CONNECT ${hostPort} was answered ${response.statusCode}`);
        return;
      }
      if (head.length > 0) socket.unshift(head);
      socket.setTimeout(0);
      resolve(socket as Socket);
    });
    request.once('response', (response) => fail(`CONNECT ${hostPort} was answered ${response.statusCode}`));
    request.once('timeout', () => fail(`no answer within ${timeoutMs} ms`));
    request.once('error', (error) => fail(networkMessage(error), error));
    request.end();
  });
}

function credentialsFor(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const text = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` };
}
