// Measures what a browser fetches before the overview is painted (HTML, the scripts and styles the entry and the
// overview's own chunk need) in gzip, prints it, and fails above the budget.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 300 * 1024;
const WEB = fileURLToPath(new URL("../../src/ohmstead/web/", import.meta.url));
const OVERVIEW = "src/features/devices/DevicesPage.tsx";

const manifest = JSON.parse(readFileSync(`${WEB}.vite/manifest.json`, "utf8"));
const files = new Set(["index.html", "scheme.js"]);
const visited = new Set();

function collect(key) {
  const chunk = manifest[key];
  if (chunk === undefined || visited.has(key)) return;
  visited.add(key);
  files.add(chunk.file);
  chunk.css?.forEach((file) => files.add(file));
  chunk.imports?.forEach(collect);
}

collect("index.html");
collect(OVERVIEW);

let total = 0;
for (const file of files) {
  const bytes = gzipSync(readFileSync(WEB + file)).length;
  total += bytes;
  console.log(`${(bytes / 1024).toFixed(1).padStart(8)} KB  ${file}`);
}
console.log(
  `${(total / 1024).toFixed(1).padStart(8)} KB  first load, gzip (budget ${BUDGET_BYTES / 1024} KB)`,
);
if (total > BUDGET_BYTES) process.exit(1);
