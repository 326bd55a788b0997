import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bigLines } from '../lib/big-lines.ts';
import { bigSpans } from '../lib/big-spans.ts';
import type { BenchCase } from '../lib/report.ts';
import { checkGenerator } from '../lib/stored-load.ts';

const ITEMS = 50_000_000;

/**
 * What people ask of a large store, cold and warm: of spans at 20,000 a second, and of as many log lines with VictoriaLogs beside it. The data is kept
 * in `--data` (default: a folder of the system's for such things) and used again. Cold is: all processes started anew, and the files' contents
 * forgotten by the system.
 */
export const bigCase: BenchCase = {
  name: 'big',
  onlyByName: true,
  async run({ items = ITEMS, dataDir = join(tmpdir(), 'signalbox-bench-big') }) {
    checkGenerator();
    const spans = await bigSpans(dataDir, items);
    const lines = await bigLines(dataDir, items);
    return { raw: { items, spans: spans.raw, lines: lines.raw }, rows: [...spans.rows, ...lines.rows] };
  },
};
