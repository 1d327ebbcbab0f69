// node run.mjs SCRIPT [ARGUMENT …]: run a file of firmware/ on MicroPython, with the folder's files under /.
// What the script prints is printed; a traceback ends with 1.
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";

const firmware = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const kept = new Set([".py", ".mpy", ".json", ".pack", ".txt"]);
const left = new Set(["node_modules", "node", "cpython", "__pycache__"]);

/** Copy a folder of this machine into the interpreter's memory. */
function place(mp, from, to) {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = `${to}/${entry.name}`;
    if (entry.isDirectory() && !left.has(entry.name)) {
      mp.FS.mkdir(target);
      place(mp, source, target);
    } else if (entry.isFile() && kept.has(path.extname(entry.name))) {
      mp.FS.writeFile(target, fs.readFileSync(source));
    }
  }
}

const [script, ...args] = process.argv.slice(2);
const mp = await loadMicroPython({ heapsize: 8 << 20, stdout: (data) => process.stdout.write(data), linebuffer: false });
place(mp, process.env.FIRMWARE_FOLDER ?? firmware, "");
mp.globals.set("ARGS", args.join(" "));
try {
  await mp.runPythonAsync(fs.readFileSync(path.resolve(firmware, script), "utf8"));
} catch (error) {
  process.stdout.write(`${error.message}\n`);
  process.exitCode = 1;
}
process.exit(); // whatever tasks still run
