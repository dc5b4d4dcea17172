// The two families, from npm, as one style sheet in front of the app's own.

import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

const FAMILIES = [
  ['AuthX Sans', '@fontsource-variable/atkinson-hyperlegible-next', 'atkinson-hyperlegible-next'],
  ['AuthX Mono', '@fontsource-variable/atkinson-hyperlegible-mono', 'atkinson-hyperlegible-mono'],
]
const SUBSETS = ['latin', 'latin-ext']

/** Makes `authx:style` of the fonts and the app's style sheet. */
export function fonts(style) {
  return {
    name: 'authx:style',
    setup(build) {
      build.onResolve({ filter: /^authx:(style|fonts)$/ }, ({ path }) => ({ path, namespace: 'authx-style' }))
      build.onLoad({ filter: /style$/, namespace: 'authx-style' }, () => ({
        contents: `@import "authx:fonts"; @import ${JSON.stringify(style)};`, loader: 'css', resolveDir: dirname(style),
      }))
      build.onLoad({ filter: /fonts$/, namespace: 'authx-style' }, async () => ({
        contents: (await Promise.all(FAMILIES.map(faces))).flat().join('\n'), loader: 'css', resolveDir: dirname(style),
      }))
    },
  }
}

async function faces([family, from, stem]) {
  const root = dirname(require.resolve(`${from}/package.json`))
  const ranges = JSON.parse(await readFile(join(root, 'unicode.json'), 'utf8'))
  return SUBSETS.map(subset => {
    const file = join(root, 'files', `${stem}-${subset}-wght-normal.woff2`)
    return `@font-face { font-family: "${family}"; font-weight: 200 800; font-display: swap; ` +
      `src: url(${JSON.stringify(file)}) format("woff2"); unicode-range: ${ranges[subset]}; }`
  })
}
