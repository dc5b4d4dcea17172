// Builds the screens over the mock: `node phone/dev/build.mjs OUT`.

import * as esbuild from 'esbuild'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fonts } from '../../build/fonts.mjs'
import { icons } from '../../build/icons.mjs'

const phone = fileURLToPath(new URL('..', import.meta.url))

/** The scanner of the mock in the place of the camera's. */
const scanner = {
  name: 'scanner',
  setup(build) {
    build.onResolve({ filter: /core\/scanner\.ts$/ }, ({ importer }) =>
      importer.endsWith('dev/scanner.ts') ? undefined : { path: join(phone, 'dev/scanner.ts') })
  },
}

/** Makes a directory that any static server can hand out. */
export async function buildMock(out) {
  await mkdir(out, { recursive: true })
  const result = await esbuild.build({
    entryPoints: { app: join(phone, 'dev/main.tsx'), style: 'authx:style' },
    bundle: true, outdir: out, format: 'esm', splitting: true, minify: true, target: ['safari16.4', 'chrome111', 'firefox121'],
    jsx: 'automatic', jsxImportSource: 'preact', loader: { '.woff2': 'file' }, logLevel: 'warning', metafile: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [
      icons(join(phone, 'src')), fonts(join(phone, 'src/styles/main.css')), scanner,
      { name: 'version', setup(build) {
        build.onResolve({ filter: /^authx:version$/ }, ({ path }) => ({ path, namespace: 'version' }))
        build.onLoad({ filter: /./, namespace: 'version' }, () => ({ contents: 'export const version = "0.1.0"' }))
      } },
    ],
  })
  const page = (await readFile(join(phone, 'src/index.html'), 'utf8'))
    .replace('<!-- head -->', '<link rel="stylesheet" href="/style.css"><script type="module" src="/app.js"></script>')
    .replace(/<link rel="manifest"[^>]*>/, '')
  await writeFile(join(out, 'index.html'), page)
  return result.metafile
}

if (process.argv[2] !== undefined) await buildMock(process.argv[2])
