import { describe, expect, test } from 'vitest';
import { proxiesFor, proxiesOf } from './proxy.ts';

const ENV = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' };
const target = (url: string): { isSecure: boolean; hostname: string; port: string } => {
  const { protocol, hostname, port } = new URL(url);
  return { isSecure: protocol === 'https:', hostname: hostname.replace(/^\[|\]$/g, ''), port };
};
const isDirect = (noProxy: string, url: string): boolean =>
  proxiesOf({ ...ENV, NO_PROXY: noProxy })(target(url)) === undefined;

/** golang.org/x/net/http/httpproxy: Config.NoProxy says what is what. */
describe('NO_PROXY', () => {
  test.each([
    ['10.0.0.0/8', 'http://10.1.2.3:4318', true],
    ['10.0.0.0/8', 'http://11.1.2.3:4318', false],
    ['192.168.1.64/26', 'https://192.168.1.70', true],
    ['192.168.1.64/26', 'https://192.168.1.130', false],
    ['fd00::/8', 'http://[fd12::1]:4318', true],
    ['fd00::/8', 'http://[2001:db8::1]:4318', false],
    ['10.0.0.0/40', 'http://10.1.2.3', false],
    ['10.0.0.0/8', 'http://10.example.com', false],
    ['10.1.2.3', 'http://10.1.2.3:4318', true],
    ['10.1.2.3:4318', 'http://10.1.2.3:4318', true],
    ['10.1.2.3:4318', 'http://10.1.2.3:4319', false],
    ['[fd12::1]:80', 'http://[fd12::1]', true],
    ['fd12:0:0::1', 'http://[fd12::1]', true],
    ['example.com', 'http://example.com', true],
    ['example.com', 'http://otel.example.com', true],
    ['example.com', 'http://badexample.com', false],
    ['EXAMPLE.com', 'http://Otel.Example.COM', true],
    ['.example.com', 'http://otel.example.com', true],
    ['.example.com', 'http://example.com', false],
    ['*.example.com', 'http://otel.example.com', true],
    ['*.example.com', 'http://example.com', false],
    ['example.com:443', 'https://example.com', true],
    ['example.com:443', 'http://example.com', false],
    ['example.com:80', 'http://example.com', true],
    ['*', 'http://anything', true],
    ['a, *', 'http://anything', true],
    ['a,b , otel', 'http://otel', true],
    ['', 'http://otel', false],
    [':80,,', 'http://otel', false],
    ['', 'http://localhost:4318', true],
    ['', 'http://127.9.9.9:4318', true],
    ['', 'http://[::1]:4318', true],
  ])('%s and %s: direct is %s', (noProxy, url, want) => {
    expect(isDirect(noProxy, url)).toBe(want);
  });
});

test('the scheme decides which proxy, small letters go first, and host:port is an HTTP proxy', () => {
  const proxyOf = proxiesOf({ ...ENV, http_proxy: 'lower:3', https_proxy: '' });
  expect(proxyOf(target('http://otel'))!.href).toBe('http://lower:3/');
  expect(proxyOf(target('https://otel'))!.href).toBe('http://secure:2/');
  expect(proxiesOf({})(target('https://otel'))).toBeUndefined();
});

test('proxy_url takes everything', () => {
  expect(proxiesFor('http://own:4', { ...ENV, NO_PROXY: '*' })(target('http://localhost'))!.host).toBe('own:4');
  expect(proxiesFor('', ENV)(target('http://otel'))!.host).toBe('plain:1');
});
