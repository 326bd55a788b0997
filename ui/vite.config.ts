import react from '@vitejs/plugin-react';
import { defineConfig, type UserConfig } from 'vite';

// In development the console runs on Vite's own port and asks a server (or the mock server) for data.
const apiTarget = process.env.SIGNALBOX_API ?? 'http://127.0.0.1:4300';

const config: UserConfig = defineConfig({
  plugins: [react()],
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
