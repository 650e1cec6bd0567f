// Bundles src/ into ../static/dist with hashed names, a manifest of them, and the licences of what is inside.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "..", "static", "dist");

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["src/site.css", "src/site.js"],
  outdir: dist,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  entryNames: "[name]-[hash]",
  legalComments: "eof",
  metafile: true,
  logLevel: "warning",
});

const manifest = {};
for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
  if (entryPoint) manifest[basename(entryPoint)] = basename(output);
}
await writeFile(join(dist, "THIRD_PARTY_NOTICES.txt"), await notices(Object.keys(metafile.inputs)));
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
