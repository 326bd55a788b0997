import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin, type UserConfig } from 'vite';

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

const config: UserConfig = defineConfig({
  plugins: [react(), precompress()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'esnext',
    // Keeps light-dark() as written: browsers of 2024 and later know it.
    cssTarget: ['chrome125', 'firefox126', 'safari17.5'],
    reportCompressedSize: false,
    chunkSizeWarningLimit: 400,
  },
  server: { proxy: { '/api': apiTarget } },
});

export default config;
