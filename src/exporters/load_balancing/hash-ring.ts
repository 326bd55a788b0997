import { crc32 } from 'node:zlib';

/** Positions on the ring, points of each backend, and how far a point looks for a free position. */
const POSITIONS = 131_071;
const POINTS = 200;
const PROBES = 10;

/**
 * Which backend a key belongs to: the same one in every collector that knows the same backends, and when one comes or goes most keys stay
 * (otelcol-contrib exporter/loadbalancingexporter/consistent_hashing.go@v0.159.0, position by position).
 */
export class HashRing {
  readonly endpoints: readonly string[];
  readonly #positions: Uint32Array;
  readonly #owners: readonly string[];

  constructor(endpoints: readonly string[]) {
    this.endpoints = [...endpoints].sort();
    const items = pointsOf(this.endpoints);
    this.#positions = Uint32Array.from(items, ({ position }) => position);
    this.#owners = items.map(({ endpoint }) => endpoint);
  }

  /** Undefined where there is no backend. */
  endpointFor(key: Uint8Array | string): string | undefined {
    const position = crc32(key) % POSITIONS;
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#positions[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return this.#owners[low === this.#positions.length ? 0 : low];
  }
}

interface Point {
  readonly position: number;
  readonly hash: number;
  readonly endpoint: string;
}

function pointsOf(endpoints: readonly string[]): Point[] {
  const number = Buffer.alloc(4);
  const candidates: Point[] = [];
  for (const endpoint of endpoints) {
    const begin = crc32(endpoint);
    for (let i = 0; i < POINTS; i++) {
      number.writeUInt32LE(i);
      const hash = crc32(number, begin);
      candidates.push({ position: hash % POSITIONS, hash, endpoint });
    }
  }
  candidates.sort((a, b) => a.position - b.position || a.hash - b.hash || (a.endpoint < b.endpoint ? -1 : 1));
  const taken = new Set<number>();
  const points: Point[] = [];
  for (const candidate of candidates) {
    let { position } = candidate;
    let probes = 0;
    for (; taken.has(position) && probes < PROBES; probes++) position = (position + 1) % POSITIONS;
    if (probes === PROBES) continue;
    taken.add(position);
    points.push({ ...candidate, position });
  }
  return points.sort((a, b) => a.position - b.position);
}
