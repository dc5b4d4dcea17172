// Reads every `#i-name` in the sources and takes exactly those drawings from npm `lucide-static`.
// A name that does not exist ends the build.

import { createRequire } from 'node:module'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const drawings = join(dirname(createRequire(import.meta.url).resolve('lucide-static/package.json')), 'icons')

/** Makes `authx:icons`, a component of what the app's sources name. */
export function icons(sources) {
  return {
    name: 'authx:icons',
    setup(build) {
      build.onResolve({ filter: /^authx:icons$/ }, ({ path }) => ({ path, namespace: 'authx-icons' }))
      build.onLoad({ filter: /./, namespace: 'authx-icons' }, async () => {
        const found = await symbols(await wanted(sources, /(?<!\.d)\.tsx?$/)).catch(error => error)
        if (found instanceof Error) return { errors: [{ text: found.message }] }
        return { contents: component([...found.values()]), loader: 'jsx', resolveDir: sources }
      })
    },
  }
}

/** The names that stand in the files below a directory whose paths are like `files`. */
export async function wanted(directory, files) {
  const all = await readdir(directory, { recursive: true })
  const texts = await Promise.all(all.filter(file => files.test(file)).map(file => readFile(join(directory, file), 'utf8')))
  const names = texts.flatMap(text => [...text.matchAll(/#i-([a-z0-9]+(?:-[a-z0-9]+)*)/g)].map(found => found[1]))
  return [...new Set(names)].sort()
}

/** The drawings by their names. */
export async function symbols(names) {
  const found = await Promise.all(names.map(symbol))
  const missing = names.filter((_, i) => found[i] === undefined)
  if (missing.length > 0) throw new Error(`lucide-static has no icon ${missing.join(', ')}`)
  return new Map(names.map((name, i) => [name, found[i]]))
}

async function symbol(name) {
  const svg = await readFile(join(drawings, `${name}.svg`), 'utf8').catch(() => undefined)
  const inside = svg && /<svg[^>]*>([\s\S]*)<\/svg>/.exec(svg)?.[1].replace(/\s+/g, ' ').replaceAll(' />', '/>').replaceAll('> <', '><').trim()
  return inside && `<symbol id="i-${name}" viewBox="0 0 24 24">${inside}</symbol>`
}

function component(symbols) {
  return `export function Sprite() { return <svg hidden>${symbols.join('')}</svg> }`
}
