import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: {
    // The page's security policy, in nginx.conf, allows no data: addresses.
    assetsInlineLimit: 0,
  },
  server: {
    // What nginx does in the image.
    proxy: {
      '/api/golang/': { target: 'http://localhost:8000', rewrite: (path) => path.replace('/api/golang', '') },
      '/api/node/': { target: 'http://localhost:3000', rewrite: (path) => path.replace('/api/node', '') },
    },
  },
  test: {
    environment: 'jsdom',
  },
});
