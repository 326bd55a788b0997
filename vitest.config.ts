import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config';

/** Layers whose tests leave their process as they found it: one process runs many of their files, each of which would load the same modules. */
const LAYERS =
  'base,lang,pdata,ottl,wire,config,inspect,component,net,kubernetes,dashboards,alerting,processors,receivers,connectors,exporters,extensions';
/** These measure the memory of their process. */
const MEASURING = 'codings|memory-limiter';
const shared = [`src/{${LAYERS}}/**/!(${MEASURING}).test.ts`, 'ui/src/**/*.test.ts'];

const config: ViteUserConfig = defineConfig({
  test: {
    // Against what hangs, not what is slow: three files at a time share two cores.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    // One more than the cores of a small machine: many tests wait for processes. 423 s in place of 485 on two cores.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'shared', isolate: false, include: shared } },
      {
        extends: true,
        test: {
          name: 'alone',
          include: [
            'src/**/*.test.ts',
            'test/{compare,conformance,e2e,chaos}/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, ...shared],
        },
      },
    ],
  },
});

export default config;
