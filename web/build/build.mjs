// From sources to a directory that a server only has to hand out. The same sources give the same
// bytes: names hold the hash of the content, nothing holds a time or a place.

import * as esbuild from 'esbuild'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { common, programVersion, web } from './common.mjs'
import { compressed } from './compress.mjs'
import { fonts } from './fonts.mjs'
import { icons } from './icons.mjs'
import { licences } from './licences.mjs'
import { pictures } from './pictures.mjs'
import { write } from './write.mjs'

const sources = join(web, 'phone/src')

/**
 * Builds the app.
 *
 * @param {{out: string, entry?: string, style?: string, version?: string}} options the directory to make; another
 *   entry or style than the app's, for tests of what is below the screens
 * @returns {Promise<{files: Map<string, Buffer>, first: string[]}>} every file by its path, and those of a first visit
 */
export async function build({ out, entry = join(sources, 'app/main.tsx'), style = join(sources, 'styles/main.css'), version }) {
  for (const file of [entry, style])
    if (!existsSync(file)) throw new Error(`${relative(web, file)} is missing: the app begins there`)
  version ??= await programVersion()
  const files = new Map()
  const page = await bundlePage({ entry, style, version, files })
  const icon = await pictures(files)
  const index = await indexPage({ ...page, icon })
  files.set('index.html', index)
  files.set('manifest.webmanifest', Buffer.from(JSON.stringify(manifest(icon))))
  files.set('sw.js', await bundleWorker({ files, icon, version }))
  files.set('licences.txt', await licences(page.inputs))
  await write(out, compressed(files))
  return { files, first: ['index.html', page.script, ...page.imports, page.style, ...page.fonts] }
}

async function bundlePage({ entry, style, version, files }) {
  const result = await esbuild.build({
    ...common,
    entryPoints: { app: entry, style: 'authx:style' },
    outdir: join(web, 'phone/dist/assets'),
    publicPath: '/assets/',
    format: 'esm',
    splitting: true,
    entryNames: '[name]-[hash]',
    chunkNames: 'late-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.woff2': 'file' },
    plugins: [icons(sources), fonts(style), text('authx:version', `export const version = ${JSON.stringify(version)}`)],
  })
  for (const file of result.outputFiles) files.set(join('assets', file.path.split('/assets/').at(-1)), Buffer.from(file.contents))
  const outputs = Object.entries(result.metafile.outputs).map(([path, output]) => [path.replace(/^.*\/assets\//, 'assets/'), output])
  const named = name => outputs.find(([path, output]) => output.entryPoint !== undefined && path.startsWith(`assets/${name}-`))?.[0]
  const script = outputs.find(([path, output]) => output.entryPoint !== undefined && path.endsWith('.js') && path.startsWith('assets/app-'))[0]
  return {
    script,
    style: named('style'),
    imports: [...statically(script, new Map(outputs))],
    // Names with letters beyond Latin-1 are the exception: their files come when one is shown.
    fonts: outputs.map(([path]) => path).filter(path => path.endsWith('.woff2') && !path.includes('latin-ext')),
    inputs: Object.keys(result.metafile.inputs),
  }
}

/** Chunks that a script cannot begin without. */
function statically(path, outputs, found = new Set()) {
  for (const { path: imported, kind } of outputs.get(path)?.imports ?? []) {
    const name = imported.replace(/^.*\/assets\//, 'assets/')
    if (kind !== 'import-statement' || found.has(name)) continue
    found.add(name)
    statically(name, outputs, found)
  }
  return found
}

/** One classic script: the oldest browsers that AuthX knows have no module workers. */
async function bundleWorker({ files, icon, version }) {
  const kept = [...files].filter(([path]) => path === 'index.html' || path.startsWith('assets/'))
  const list = kept.map(([path, bytes]) => [path === 'index.html' ? '/' : `/${path}`, sha256(bytes)]).sort()
  const state = createHash('sha256').update(JSON.stringify([version, list])).digest('hex').slice(0, 12)
  const result = await esbuild.build({
    ...common,
    entryPoints: [join(sources, 'worker/main.ts')],
    format: 'iife',
    plugins: [
      text('authx:version', `export const version = ${JSON.stringify(version)}`),
      text('authx:files', Object.entries({ state, files: list, icon: icon.small, badge: icon.badge })
        .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}`).join('\n')),
    ],
  })
  return Buffer.from(result.outputFiles[0].contents)
}

function sha256(bytes) {
  return `sha256-${createHash('sha256').update(bytes).digest('base64')}`
}

/** A module whose text the build makes. */
function text(name, contents) {
  const filter = new RegExp(`^${name}$`)
  return {
    name,
    setup(build) {
      build.onResolve({ filter }, () => ({ path: name, namespace: name }))
      build.onLoad({ filter, namespace: name }, () => ({ contents, loader: 'js' }))
    },
  }
}

async function indexPage({ script, imports, style, fonts: [...early], icon }) {
  const page = await readFile(join(sources, 'index.html'), 'utf8')
  const head = [
    `<link rel="stylesheet" href="/${style}">`,
    ...early.map(font => `<link rel="preload" href="/${font}" as="font" type="font/woff2" crossorigin>`),
    ...imports.map(chunk => `<link rel="modulepreload" href="/${chunk}">`),
    `<script type="module" src="/${script}"></script>`,
    `<link rel="icon" href="${icon.plain}" type="image/svg+xml">`,
    `<link rel="apple-touch-icon" href="${icon.touch}">`,
  ]
  return Buffer.from(page.replace('<!-- head -->', head.join('\n')))
}

function manifest(icon) {
  return {
    id: '/',
    name: 'AuthX',
    short_name: 'AuthX',
    description: 'Approves your sign-ins and shows their codes',
    start_url: '/',
    scope: '/',
    display: 'standalone',
    background_color: '#f5f6f8',
    theme_color: '#f5f6f8',
    // An invitation opened elsewhere comes into the app that is open already.
    launch_handler: { client_mode: ['navigate-existing', 'auto'] },
    icons: [
      { src: icon.small, sizes: '192x192', type: 'image/png' },
      { src: icon.large, sizes: '512x512', type: 'image/png' },
      { src: icon.maskable, sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    ],
  }
}
