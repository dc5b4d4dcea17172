// Runs the tests below phone/test and portal/test with Node's own runner.
//
//     node build/test.mjs               all
//     node build/test.mjs NAME…         files whose name holds one of these

import * as esbuild from 'esbuild'
import { spawnSync } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join, relative } from 'node:path'

const web = fileURLToPath(new URL('..', import.meta.url))
const places = ['phone/test', 'portal/test']
const out = join(web, 'node_modules/.cache/tests')
const chosen = process.argv.slice(2)

const below = async place => (await readdir(join(web, place), { recursive: true })).map(file => join(place, file))
const all = (await Promise.all(places.map(below))).flat().filter(file => /\.test\.tsx?$/.test(file)).sort()
const files = chosen.length === 0 ? all : all.filter(file => chosen.some(name => file.includes(name)))

await rm(out, { recursive: true, force: true })
await esbuild.build({
  entryPoints: files.map(file => join(web, file)),
  outdir: out,
  outbase: web,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  outExtension: { '.js': '.mjs' },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  sourcemap: 'inline',
  logLevel: 'warning',
  // Only what is tested is bundled: tools and the build itself stay where they are.
  packages: 'external',
  plugins: [{
    name: 'tests',
    setup(build) {
      build.onResolve({ filter: /^authx:version$/ }, ({ path }) => ({ path, namespace: 'authx' }))
      build.onLoad({ filter: /./, namespace: 'authx' }, () => ({ contents: 'export const version = "0.0.0"' }))
      build.onResolve({ filter: /\.mjs$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path), external: true }))
    },
  }],
  define: { 'import.meta.dirname': JSON.stringify(join(web, 'phone/test')) },
})
const built = files.map(file => relative(web, join(out, file.replace(/\.tsx?$/, '.mjs'))))
const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=spec', ...built], { cwd: web, stdio: 'inherit' })
process.exitCode = status ?? 1
