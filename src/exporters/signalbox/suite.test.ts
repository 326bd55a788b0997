import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { componentSuite } from '#component/testing.ts';
import { signalboxExporterFactory } from './index.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'signalbox-suite-'));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

componentSuite(signalboxExporterFactory, { config: { endpoint: 'http://127.0.0.1:1' }, stateDir });
