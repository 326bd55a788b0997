import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentSuite } from '#component/testing.ts';
import { fileExporterFactory } from './index.ts';

componentSuite(fileExporterFactory, {
  config: { path: join(mkdtempSync(join(tmpdir(), 'signalbox-file-suite-')), 'a.json') },
  emptyError: 'path must be non-empty',
});
