import { isIPv4, isIPv6 } from 'node:net';

/** A span as Zipkin's second format has it. */
export interface ZipkinSpan {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 each; '' for none. */
  id: string;
  parentId: string;
  name: string;
  /** `CLIENT`, `SERVER`, `PRODUCER`, `CONSUMER`; '' for none. */
  kind: string;
  /** Microseconds since the epoch; 0 for none. */
  timestampUs: bigint;
  durationUs: bigint;
  localEndpoint: ZipkinEndpoint | undefined;
  remoteEndpoint: ZipkinEndpoint | undefined;
  annotations: readonly ZipkinAnnotation[];
  tags: ReadonlyMap<string, string>;
}
export interface ZipkinEndpoint {
  readonly serviceName: string;
  /** '' for none. */
  readonly ipv4: string;
  readonly ipv6: string;
  readonly port: number;
}
export interface ZipkinAnnotation {
  readonly timestampUs: bigint;
  readonly value: string;
}

/** Addresses from bytes; '' where they are none. */
export function ipv4Of(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join('.') : '';
}

export function ipv6Of(bytes: Uint8Array): string {
  if (bytes.length !== 16) return '';
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  return shortened(words);
}

/** Whether an address that came as a text is one. */
export function addressOf(text: unknown, family: 4 | 6): string {
  if (typeof text !== 'string') return '';
  return (family === 4 ? isIPv4(text) : isIPv6(text)) ? text : '';
}

/** The longest run of zeros as `::`, as RFC 5952 wants it. */
function shortened(words: readonly string[]): string {
  let from = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && words[end] === '0') end++;
    if (end - i > length) {
      from = i;
      length = end - i;
    }
    i = Math.max(i, end);
  }
  if (from < 0) return words.join(':');
  return `${words.slice(0, from).join(':')}::${words.slice(from + length).join(':')}`;
}
