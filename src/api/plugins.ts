/** The APIs that the server has. A new one is a folder beside this file, and a line here. */
import { consoleApi } from './console/index.ts';
import type { ApiPlugin } from './http/plugin.ts';
import { jaegerApi } from './jaeger/index.ts';
import { prometheusApi } from './prometheus/index.ts';

export const PLUGINS: readonly ApiPlugin[] = [consoleApi, jaegerApi, prometheusApi];
