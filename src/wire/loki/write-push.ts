import { ArenaWriter } from '#pdata';

/** A stream of Loki's push API: `{a="b"}` and the lines under it. */
export interface LokiStream {
  readonly labels: string;
  readonly entries: readonly LokiEntry[];
}

export interface LokiEntry {
  readonly timeNs: bigint;
  readonly line: string;
}

const NS_PER_SECOND = 1_000_000_000n;

/** A logproto.PushRequest, before it is compressed (grafana/loki pkg/push/push.proto). */
export function encodeLokiPush(streams: Iterable<LokiStream>): Uint8Array {
  const out = new ArenaWriter(4096);
  for (const { labels, entries } of streams) {
    const stream = out.begin(1);
    out.textField(1, labels);
    for (const { timeNs, line } of entries) {
      const entry = out.begin(2);
      const time = out.begin(1);
      // Before 1970, seconds go down and the rest up.
      const rest = ((timeNs % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
      const seconds = (timeNs - rest) / NS_PER_SECOND;
      if (seconds !== 0n) {
        out.tag(1, 0);
        out.varint64(seconds);
      }
      out.uintField(2, Number(rest));
      out.end(time);
      out.textField(2, line);
      out.end(entry);
    }
    out.end(stream);
  }
  return out.finish();
}
