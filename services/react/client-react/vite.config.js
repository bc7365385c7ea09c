import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: {
    // The page's content security policy, in nginx.conf, does not allow data: URLs.
    assetsInlineLimit: 0,
  },
  server: {
    // Same as nginx in the image.
    proxy: {
      '/api/golang/': { target: 'http://localhost:8000', rewrite: (path) => path.replace('/api/golang', '') },
      '/api/node/': { target: 'http://localhost:3000', rewrite: (path) => path.replace('/api/node', '') },
    },
  },
  test: {
    environment: 'jsdom',
  },
});
