import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { SpanChunk } from '#pdata';
import type { Reader } from '../expression.ts';
import { converterFunction, type OttlFunction, type Surroundings } from '../function.ts';
import { addressBytes, contains, readNetwork } from '../network.ts';
import { bytesLike, doubleLike, int, listOf, optional, text, textLike } from '../parameters.ts';
import type { Place } from '../place.ts';
import { fail, float64, Id } from '../values.ts';

/** Ids, addresses, and checks of texts. */
export const ID_FUNCTIONS: readonly OttlFunction[] = [
  id('TraceID', 'trace', 16),
  id('SpanID', 'span', 8),
  id('ProfileID', 'profile', 16),
  converterFunction('UUID', 'A new UUID of version 4.', [], () => () => randomUUID()),
  {
    name: 'UUIDv7',
    meaning: 'A new UUID of version 7, which begins with the time.',
    parameters: [],
    contexts: undefined,
    create:
      (_, { nowMs }: Surroundings) =>
      () =>
        uuid7(nowMs()),
  },
  converterFunction(
    'IsRootSpan',
    'Whether a span has no parent.',
    [],
    () => (at) => (at.chunk as SpanChunk).columns.parentSpanIdAt[at.row] === 0,
    { contexts: ['span'] },
  ),
  converterFunction(
    'IsInCIDR',
    'Whether an address is in one of some networks, such as 10.0.0.0/8.',
    [text('target'), listOf(text('networks'))],
    (target, networks) => {
      const known = networks.map((each) => (each.literal === undefined ? undefined : readNetwork(each.literal)));
      return (at) => {
        const address = addressBytes(target.get(at));
        return (
          address !== undefined && networks.some((each, i) => contains(known[i] ?? readNetwork(each.get(at)), address))
        );
      };
    },
  ),
  converterFunction(
    'IsValidLuhn',
    'Whether the last digit of a number, such as that of a card, is the check digit by Luhn.',
    [textLike('value')],
    (of) => (at) => isLuhn(of.get(at) ?? fail('IsValidLuhn needs a value, not nil')),
  ),
  converterFunction('Log', 'The natural logarithm of a number, as a double.', [doubleLike('value')], (of) => (at) => {
    const number = of.get(at) ?? fail('Log needs a value, not nil');
    return number > 0 ? float64(Math.log(number)) : fail(`expected a number greater than zero but got ${number}`);
  }),
  converterFunction(
    'CommunityID',
    'The Community ID of a network flow, version 1.',
    [
      text('source_ip'),
      int('source_port'),
      text('destination_ip'),
      int('destination_port'),
      optional(text('protocol')),
      optional(int('seed')),
    ],
    (sourceIp, sourcePort, destinationIp, destinationPort, protocol, seed) => (at) => {
      const source = { ip: addressAt(sourceIp, 'source', at), port: portAt(sourcePort, 'source port', at) };
      const destination = {
        ip: addressAt(destinationIp, 'destination', at),
        port: portAt(destinationPort, 'destination port', at),
      };
      const name = protocol?.get(at) ?? 'TCP';
      const number = PROTOCOLS.get(name) ?? fail(`unsupported protocol ${name}`);
      return communityId(source, destination, number, seed === undefined ? 0 : portAt(seed, 'seed', at));
    },
  ),
];

function id(name: string, kind: Id['kind'], size: number): OttlFunction {
  const of = (bytes: Uint8Array): Id => {
    if (bytes.length === size) return new Id(kind, Buffer.from(bytes).toString('hex'));
    const digits = Buffer.from(bytes).toString('latin1');
    if (digits.length !== size * 2) fail(`${name}: expected ${size} or ${size * 2} bytes, got ${bytes.length}`);
    return /^[0-9a-fA-F]*$/.test(digits) ? new Id(kind, digits.toLowerCase()) : fail(`${name}: not hexadecimal`);
  };
  return converterFunction(
    name,
    `The ${kind} id of ${size} bytes, or of as many in hexadecimal.`,
    [bytesLike('value')],
    (value) => {
      if (value.literal === undefined) return (at) => of(value.get(at) ?? new Uint8Array(0));
      const constant = of(value.literal);
      return () => constant;
    },
  );
}

function uuid7(nowMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Math.floor(nowMs), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function isLuhn(value: string): boolean {
  const digits = value.replaceAll(' ', '');
  if (digits === '') return false;
  if (!/^\d+$/.test(digits)) fail(`"${value.slice(0, 40)}" has something else than digits`);
  let sum = 0;
  for (let i = digits.length - 1, isDoubled = false; i >= 0; i--, isDoubled = !isDoubled) {
    const digit = Number(digits[i]) * (isDoubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['ICMP', 1],
  ['TCP', 6],
  ['UDP', 17],
  ['RSVP', 46],
  ['ICMP6', 58],
  ['SCTP', 132],
]);

interface Endpoint {
  readonly ip: Uint8Array;
  readonly port: number;
}

function addressAt(reader: Reader<string>, what: string, at: Place): Uint8Array {
  const address = reader.get(at);
  return addressBytes(address) ?? fail(`invalid ${what} IP: ${address.slice(0, 80)}`);
}

function portAt(reader: Reader<number | bigint>, what: string, at: Place): number {
  const port = Number(reader.get(at));
  return port >= 0 && port <= 0xffff ? port : fail(`${what} must be between 0 and 65535, got ${port}`);
}

function communityId(one: Endpoint, other: Endpoint, protocol: number, seed: number): string {
  const order = one.ip.length - other.ip.length || Buffer.compare(one.ip, other.ip) || one.port - other.port;
  const [first, second] = order > 0 ? [other, one] : [one, other];
  const word = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);
  const flow = Buffer.concat([
    word(seed),
    first.ip,
    second.ip,
    Uint8Array.of(protocol, 0),
    word(first.port),
    word(second.port),
  ]);
  return `1:${createHash('sha1').update(flow).digest('base64')}`;
}
