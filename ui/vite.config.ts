import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type HtmlTagDescriptor, type Plugin, type UserConfig } from 'vite';

// In development the console runs on Vite's own port and asks a server (or the mock server) for data.
const apiTarget = process.env.SIGNALBOX_API ?? 'http://127.0.0.1:4300';

/** The last steps up to 11 take twenty times as long for 7 % less. */
const QUALITY = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/** Writes `<file>.br` beside each file of code; src/api/http/static.ts sends them as they are. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir }) {
      const files = (await readdir(dir!, { recursive: true })).filter((file) => /\.(?:js|css)$/.test(file));
      const write = async (file: string): Promise<void> => {
        const path = join(dir!, file);
        await writeFile(`${path}.br`, await promisify(brotliCompress)(await readFile(path), QUALITY));
      };
      await Promise.all(files.map(write));
    },
  };
}

const EARLY = 'src/early.ts';

/** Puts the early script before the others: as one entry with them it would start with them. */
function earlyScript(): Plugin {
  return {
    name: 'early-script',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const chunk = Object.values(bundle ?? {}).find(
          (file) => file.type === 'chunk' && file.facadeModuleId?.endsWith(EARLY),
        );
        const script = (src: string): HtmlTagDescriptor => ({
          tag: 'script',
          attrs: { type: 'module', crossorigin: true, src },
          injectTo: 'head-prepend',
        });
        return [script(`/${chunk?.fileName ?? EARLY}`)];
      },
    },
  };
}

const config: UserConfig = defineConfig({
  plugins: [react(), earlyScript(), precompress()],
  build: {
    rolldownOptions: { input: ['index.html', EARLY].map((file) => fileURLToPath(new URL(file, import.meta.url))) },
    outDir: 'dist',
    emptyOutDir: true,
    target: 'esnext',
    // Keeps light-dark() as written: browsers of 2024 and later know it.
    cssTarget: ['chrome125', 'firefox126', 'safari17.5'],
    reportCompressedSize: false,
    // The editor of PromQL is the largest, and loaded only where it is used.
    chunkSizeWarningLimit: 750,
  },
  server: { proxy: { '/api': apiTarget, '/prometheus': apiTarget } },
});

export default config;
