import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const OUT = fileURLToPath(new URL("../src/ohmstead/web", import.meta.url));
const SERVER = process.env.OHMSTEAD_DEV_SERVER ?? "http://localhost:8000";

const TEXT = /\.(html|js|css|svg|json)$/;

/** The server sends the packed copy to every browser that takes one. */
function packedCopies(): Plugin {
  return {
    name: "packed-copies",
    apply: "build",
    closeBundle: () => {
      for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile() && TEXT.test(entry.name))
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

/** The folder is part of the Python package and must exist in a fresh checkout; emptying it must not lose its marker. */
function keepFolderMarker(): Plugin {
  return {
    name: "keep-folder-marker",
    apply: "build",
    closeBundle: () => writeFileSync(`${OUT}/.gitkeep`, ""),
  };
}

export default defineConfig({
  plugins: [react(), keepFolderMarker(), packedCopies()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { outDir: OUT, emptyOutDir: true, manifest: true, reportCompressedSize: false },
  server: { proxy: { "/api": { target: SERVER, ws: true } } },
  test: {
    restoreMocks: true,
    testTimeout: 30_000,
    // What has no page needs no browser to be played for it.
    projects: [
      { extends: true, test: { name: "logic", include: ["src/**/*.test.ts"], environment: "node" } },
      {
        extends: true,
        test: {
          name: "pages",
          include: ["src/**/*.test.tsx"],
          environment: "jsdom",
          setupFiles: ["src/testing/setup.ts"],
        },
      },
    ],
  },
});
