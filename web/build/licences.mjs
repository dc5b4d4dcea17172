// The licences of what is in the app, beside it.

import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url))
/** Taken in by the build itself, so that no import names it. */
const DRAWN = ['lucide-static']

/** One text with the licence of every package that the inputs come from. */
export async function licences(inputs) {
  const names = inputs.map(input => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1])
  const packages = [...new Set([...names.filter(name => name !== undefined), ...DRAWN])].sort()
  const parts = await Promise.all(packages.map(async name => {
    const files = await readdir(join(modules, name))
    const licence = files.find(file => /^(licen[cs]e|ofl)/i.test(file))
    if (licence === undefined) throw new Error(`${name} has no licence text`)
    const { version } = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'))
    return `${name} ${version}\n\n${(await readFile(join(modules, name, licence), 'utf8')).trim()}\n`
  }))
  return Buffer.from(`AuthX itself is under the Apache License 2.0. It contains:\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`)
}
