/**
 * What Jaeger says of spans that do not lie within their parents, where clocks of two machines differ. Its correction is off by default, and
 * then it says so on each span with the shift that it would have made (jaeger, adjuster/clockskew.go).
 */
import type { StoredSpan } from '#query';

interface Node {
  readonly row: number;
  readonly span: StoredSpan;
  readonly host: string;
  readonly children: Node[];
}

interface Skew {
  readonly host: string;
  readonly deltaNs: bigint;
}

/** The warnings of each span, in Jaeger's words, because its UI explains them. */
export function clockSkewWarnings(spans: readonly StoredSpan[]): readonly string[][] {
  const warnings = spans.map((): string[] => []);
  const nodes = new Map<string, Node>();
  spans.forEach((span, row) => {
    if (nodes.has(span.spanId)) warnings[row]!.push('duplicate span IDs; skipping clock skew adjustment');
    else nodes.set(span.spanId, { row, span, host: hostOf(span), children: [] });
  });
  const open: { readonly node: Node; readonly parent: Node | undefined; readonly skew: Skew }[] = [];
  for (const node of nodes.values()) {
    const { parentSpanId } = node.span;
    const parent = nodes.get(parentSpanId);
    if (parent !== undefined) parent.children.push(node);
    else open.push({ node, parent: undefined, skew: { host: node.host, deltaNs: 0n } });
    if (parent === undefined && parentSpanId !== '') {
      warnings[node.row]!.push(`parent span ID=${parentSpanId} is not in the trace; skipping clock skew adjustment`);
    }
  }
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, parent } = next;
    const differs = parent !== undefined && (node.host !== next.skew.host || node.host === '');
    const skew = differs ? { host: node.host, deltaNs: skewOf(node.span, parent.span) } : next.skew;
    if (skew.deltaNs !== 0n) {
      const delta = printGoDuration(skew.deltaNs);
      warnings[node.row]!.push(`clock skew adjustment disabled; not applying calculated delta of ${delta}`);
    }
    for (const child of node.children) open.push({ node: child, parent: node, skew });
  }
  return warnings;
}

/** The machine that a span ran on; empty where its resource doesn't say. */
function hostOf({ resource }: StoredSpan): string {
  const value = (key: string) => resource.find((attribute) => attribute.key === key)?.value;
  const [id, ip, name] = [value('host.id'), value('host.ip'), value('host.name')];
  if (id !== undefined) return id.type === 'string' ? id.value : '';
  if (ip?.type === 'string') return ip.value;
  if (ip?.type === 'array' && ip.value.length > 0) return String(ip.value[0]!.value ?? '');
  return name?.type === 'string' ? name.value : '';
}

/** By how much the child would have to move to lie within its parent. */
function skewOf(child: StoredSpan, parent: StoredSpan): bigint {
  if (child.durationNs > parent.durationNs) {
    // It outlasted its parent, so it ran beside it: it only can't begin before it.
    return child.startNs < parent.startNs ? parent.startNs - child.startNs : 0n;
  }
  const endsLater = child.startNs + child.durationNs > parent.startNs + parent.durationNs;
  if (child.startNs >= parent.startNs && !endsLater) return 0n;
  // The way there and the way back took equally long.
  return parent.startNs + (parent.durationNs - child.durationNs) / 2n - child.startNs;
}

/** As Go prints a duration: `1.5ms`, `-2.000345s`, `1h0m0.5s`. */
function printGoDuration(ns: bigint): string {
  if (ns < 0n) return `-${printGoDuration(-ns)}`;
  if (ns === 0n) return '0s';
  if (ns < 1_000n) return `${ns}ns`;
  if (ns < 1_000_000n) return `${decimal(ns, 1_000n)}µs`;
  if (ns < 1_000_000_000n) return `${decimal(ns, 1_000_000n)}ms`;
  const seconds = ns / 1_000_000_000n;
  const [hours, minutes] = [seconds / 3600n, (seconds / 60n) % 60n];
  const rest = `${decimal(ns % 60_000_000_000n, 1_000_000_000n)}s`;
  if (hours > 0n) return `${hours}h${minutes}m${rest}`;
  return minutes > 0n ? `${minutes}m${rest}` : rest;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = String(value % unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(value / unit) : `${value / unit}.${fraction}`;
}
