// SPDX-License-Identifier: GPL-3.0-or-later
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { compress } from "./tools/compress.mjs";
import { swaggerUi } from "./tools/swagger.mjs";
import { translations } from "./tools/translations.mjs";

const daemon = process.env.PHAETON_URL ?? "http://127.0.0.1:8088";

// the daemon lets pages of its own origin command only
const toDaemon = { target: daemon, changeOrigin: false };

export default defineConfig({
  base: "./", // the same files work below /ui/ and /app/
  plugins: [svelte(), translations(), swaggerUi(), compress()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 120,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { "/api": toDaemon, "/readyz": toDaemon, "/docs": toDaemon },
  },
});
