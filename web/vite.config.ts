import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.NINES_URL ?? 'http://127.0.0.1:4800';

export default defineConfig({
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 2000 },
  server: { host: '127.0.0.1', proxy: { '/api': server, '/openapi.json': server } },
});
