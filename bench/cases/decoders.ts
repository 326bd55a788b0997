import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type BenchCase, type CaseResult, short } from '../lib/report.ts';

/** Decoding alone: one decoder a process, ours and protobufjs. */

interface Measured {
  readonly decoder: string;
  readonly bytesPerSpan: number;
  readonly best: number;
  readonly median: number;
}

export const decodersCase: BenchCase = {
  name: 'decode',
  run(): Promise<CaseResult> {
    const script = fileURLToPath(new URL('./decode.ts', import.meta.url));
    const measure = (decoder: string): Measured =>
      JSON.parse(execFileSync(process.execPath, [script, decoder], { encoding: 'utf8' })) as Measured;
    const decoders = ['columns', 'columns+attributes', 'changed', 'protobufjs'];
    const raw = [...decoders, ...decoders].map(measure);
    const bestOf = (decoder: string): number =>
      Math.max(...raw.filter((one) => one.decoder === decoder).map((one) => one.best));
    const columns = bestOf('columns');
    const full = bestOf('columns+attributes');
    const changed = bestOf('changed');
    const reference = bestOf('protobufjs');
    return Promise.resolve({
      raw,
      rows: [
        {
          what: `decode OTLP traces, ${raw[0]!.bytesPerSpan}-byte spans with 11 attributes`,
          goal: '≥ 1 M spans/s on one core',
          measured: `${short(columns)} checked into columns; ${short(full)} with the attribute table built`,
          peer: `protobufjs ${short(reference)}`,
          met: columns >= 1e6,
        },
        {
          what: 'decode, set the name of every span, encode',
          goal: '≥ half of reading attributes',
          measured: `${short(changed)} spans/s on one core`,
          peer: '-',
          met: changed >= full / 2,
        },
      ],
    });
  },
};
