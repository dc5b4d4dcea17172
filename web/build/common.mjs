// What the builds of the phone's app and of the portal share.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of all that browsers get. */
export const web = fileURLToPath(new URL('..', import.meta.url))

/** The version is the program's, so that a phone and its server say the same. */
export async function programVersion() {
  const manifest = await readFile(join(web, '../Cargo.toml'), 'utf8')
  const found = /^\[workspace\.package\]\nversion = "([^"]+)"/m.exec(manifest)?.[1]
  if (found === undefined) throw new Error('Cargo.toml names no version of the workspace')
  return found
}

/** How everything is bundled. */
export const common = {
  absWorkingDir: web,
  bundle: true,
  write: false,
  metafile: true,
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  target: ['safari16.4', 'chrome111', 'firefox121'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': '"production"' },
}
