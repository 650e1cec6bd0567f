// Bundles src/ into ../static/dist with hashed names, a manifest of them, and the licences of what is inside.
// Each file right in src/ is an entry of its own that a page asks for by name; what several share lies in folders of src/.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "..", "static", "dist");
// Fetched whole by a page: a worker has to be a file of its own, geometry is data.
const copied = ["elkjs/lib/elk-worker.min.js", "world-atlas/countries-50m.json"];

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const sources = await readdir(join(here, "src"), { withFileTypes: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: sources.filter((entry) => entry.isFile()).map((entry) => `src/${entry.name}`).sort(),
  outdir: dist,
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  legalComments: "eof",
  metafile: true,
  logLevel: "warning",
});

const manifest = {};
for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
  if (entryPoint) manifest[basename(entryPoint)] = basename(output);
}
for (const path of copied) {
  const content = await readFile(join(here, "node_modules", path));
  const ending = extname(path);
  const name = `${basename(path, ending)}-${createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase()}${ending}`;
  await writeFile(join(dist, name), content);
  manifest[basename(path)] = name;
}
const inside = [...Object.keys(metafile.inputs), ...copied.map((path) => `node_modules/${path}`)];
await writeFile(join(dist, "THIRD_PARTY_NOTICES.txt"), await notices(inside));
// Beside each file stand the same bytes as browsers take them, made once and smaller than a server could while it answers.
for (const name of await readdir(dist)) {
  const content = await readFile(join(dist, name));
  if (content.length < 1400) continue;
  await writeFile(join(dist, `${name}.br`), await promisify(brotliCompress)(content));
  await writeFile(join(dist, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
}
// Written last: its presence says that the bundle is whole.
await writeFile(join(dist, "manifest.json"), JSON.stringify(manifest, Object.keys(manifest).sort(), 2) + "\n");
for (const [output, { bytes }] of Object.entries(metafile.outputs)) console.error(`${basename(output)}  ${bytes} bytes`);

async function notices(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const match = relative(here, join(here, input)).match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (match) packages.add(match[1]);
  }
  const texts = [];
  for (const name of [...packages].sort()) {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    texts.push(`${name} ${version} (${license})\n\n${file ? await readFile(join(folder, file), "utf8") : "No licence file in the package."}`);
  }
  return texts.join("\n\n" + "-".repeat(80) + "\n\n");
}
