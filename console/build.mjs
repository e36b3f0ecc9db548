// Builds the console into `dist/`, which is committed, so that the Rust build needs no Node.
//
//   node build.mjs                    writes dist/
//   node build.mjs --out DIR          writes there instead
//   node build.mjs --serve URL        serves it at /console, every other call handed to the server at URL, and
//                                     builds anew on every load
import { context } from "esbuild";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { createServer, request as ask } from "node:http";
import { join } from "node:path";

const here = import.meta.dirname;
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const out = option("--out") ?? join(here, "dist");

await mkdir(out, { recursive: true });
const build = await context({
  absWorkingDir: here,
  entryPoints: { console: "src/main.tsx" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  outdir: out,
});
const built = async () => {
  await build.rebuild();
  await copyFile(join(here, "src/index.html"), join(out, "index.html"));
};
await built();

const upstream = option("--serve");
if (upstream === undefined) {
  await build.dispose();
} else {
  const kinds = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8" };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://x").pathname;
    const name = path === "/console" ? "index.html" : path.startsWith("/console/assets/") ? path.slice(16) : null;
    if (name !== null && /^[a-z]+\.[a-z]+$/.test(name)) {
      if (name === "index.html") await built();
      // The policy of the server, so that what it forbids is seen here too.
      const asked = await fetch(new URL("/console", upstream)).catch(() => null);
      response.setHeader("content-security-policy", asked?.headers.get("content-security-policy") ?? "default-src 'self'");
      response.setHeader("content-type", kinds[name.split(".")[1]] ?? "text/plain");
      response.end(await readFile(join(out, name)).catch(() => ""));
      return;
    }
    const onward = ask(new URL(request.url, upstream), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", (error) => response.writeHead(502).end(String(error)));
    request.pipe(onward);
  });
  const port = Number(option("--port") ?? 5174);
  server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/console`));
}
