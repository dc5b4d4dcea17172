// From the portal's style and scripts to a directory that the program takes in. Beside what browsers
// get are two tables in Rust: where each file is, and the drawing of each icon that a page names.

import * as esbuild from 'esbuild'
import { join } from 'node:path'
import { common, web } from './common.mjs'
import { compressed } from './compress.mjs'
import { fonts } from './fonts.mjs'
import { symbols, wanted } from './icons.mjs'
import { licences } from './licences.mjs'
import { marks } from './pictures.mjs'
import { write } from './write.mjs'

const sources = join(web, 'portal/src')
const server = join(web, '../crates/authx')

/**
 * Builds what the portal's pages load.
 *
 * @param {{out: string}} options the directory to make
 * @returns {Promise<{files: Map<string, Buffer>, first: string[]}>} every file by its path, and those of a first visit
 */
export async function buildPortal({ out }) {
  const files = new Map()
  const { places, inputs } = await bundle(files)
  const { plain, touch } = marks(files)
  places.set('mark.svg', plain).set('touch.png', touch)
  files.set('licences.txt', await licences(inputs))
  const drawn = await symbols(await named())
  const made = compressed(files)
  made.set('places.rs', table('PLACES', places)).set('icons.rs', table('ICONS', drawn))
  await write(out, made)
  const first = ['portal.css', 'portal.js', 'sans.woff2', 'mono.woff2'].map(name => places.get(name).slice(1))
  return { files, first }
}

/** Every icon that a page may show. */
async function named() {
  const pages = await wanted(join(server, 'templates'), /\.html$/)
  const code = await wanted(join(server, 'src'), /^portal\/(?!(.*\/)?tests\.rs$).*\.rs$/)
  return [...new Set([...pages, ...code])].sort()
}

async function bundle(files) {
  const result = await esbuild.build({
    ...common,
    entryPoints: { 'portal-script': join(sources, 'scripts/main.ts'), 'portal-style': 'authx:style' },
    outdir: join(web, 'portal/dist/assets'),
    publicPath: '/assets/',
    format: 'esm',
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.woff2': 'file' },
    plugins: [fonts(join(sources, 'styles/main.css'))],
  })
  const places = new Map()
  for (const file of result.outputFiles) {
    const name = file.path.split('/assets/').at(-1)
    files.set(`assets/${name}`, Buffer.from(file.contents))
    const logical = LOGICAL.find(([like]) => like.test(name))
    if (logical !== undefined) places.set(logical[1], `/assets/${name}`)
  }
  return { places, inputs: Object.keys(result.metafile.inputs) }
}

/** What pages call a file, by what the build calls it. */
const LOGICAL = [
  [/^portal-script-/, 'portal.js'],
  [/^portal-style-/, 'portal.css'],
  [/-next-latin-wght-/, 'sans.woff2'],
  [/-mono-latin-wght-/, 'mono.woff2'],
]

/** Pairs of texts as a constant in Rust, sorted by the first. */
function table(name, pairs) {
  const rows = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => {
    // What JSON and Rust write alike.
    if (!/^[ -~]*$/.test(value)) throw new Error(`${key}: more than ASCII`)
    return `    (${JSON.stringify(key)}, ${JSON.stringify(value)}),\n`
  })
  return Buffer.from(`const ${name}: &[(&str, &str)] = &[\n${rows.join('')}];\n`)
}
