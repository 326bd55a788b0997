import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentSuite } from '#component/testing.ts';
import { fileStorageFactory } from './index.ts';

componentSuite(fileStorageFactory, { config: { directory: mkdtempSync(join(tmpdir(), 'signalbox-storage-suite-')) } });
