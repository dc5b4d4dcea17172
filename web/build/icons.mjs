// Reads every `#i-name` in the sources, takes exactly those drawings from npm `lucide-static` and
// makes a component of them. A name that does not exist ends the build.

import { createRequire } from 'node:module'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const drawings = join(dirname(createRequire(import.meta.url).resolve('lucide-static/package.json')), 'icons')

/** Makes `authx:icons`. */
export function icons(sources) {
  return {
    name: 'authx:icons',
    setup(build) {
      build.onResolve({ filter: /^authx:icons$/ }, ({ path }) => ({ path, namespace: 'authx-icons' }))
      build.onLoad({ filter: /./, namespace: 'authx-icons' }, async () => {
        const names = await wanted(sources)
        const found = await Promise.all(names.map(symbol))
        const missing = names.filter((_, i) => found[i] === undefined)
        if (missing.length > 0) return { errors: [{ text: `lucide-static has no icon ${missing.join(', ')}` }] }
        return { contents: component(found), loader: 'jsx', resolveDir: sources }
      })
    },
  }
}

async function wanted(sources) {
  const files = await readdir(sources, { recursive: true })
  const texts = await Promise.all(files.filter(file => /(?<!\.d)\.tsx?$/.test(file)).map(file => readFile(join(sources, file), 'utf8')))
  const names = texts.flatMap(text => [...text.matchAll(/#i-([a-z0-9]+(?:-[a-z0-9]+)*)/g)].map(found => found[1]))
  return [...new Set(names)].sort()
}

async function symbol(name) {
  const svg = await readFile(join(drawings, `${name}.svg`), 'utf8').catch(() => undefined)
  const inside = svg && /<svg[^>]*>([\s\S]*)<\/svg>/.exec(svg)?.[1].replace(/\s+/g, ' ').trim()
  return inside && `<symbol id="i-${name}" viewBox="0 0 24 24">${inside}</symbol>`
}

function component(symbols) {
  return `export function Sprite() { return <svg hidden>${symbols.join('')}</svg> }`
}
