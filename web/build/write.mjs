// Files of a build on their way to a directory.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Writes beside the old directory and then changes places: nobody embeds half a build. What is there
 * already stays untouched, so that nothing is compiled anew for it.
 */
export async function write(out, files) {
  const target = out.replace(/\/$/, ''), fresh = `${target}.new`
  if (await holds(target, files)) return
  await rm(fresh, { recursive: true, force: true })
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(fresh, path)), { recursive: true })
    await writeFile(join(fresh, path), bytes)
  }
  await rm(target, { recursive: true, force: true })
  await rename(fresh, target)
}

async function holds(target, files) {
  const there = await readdir(target, { recursive: true, withFileTypes: true }).catch(() => [])
  if (there.filter(entry => entry.isFile()).length !== files.size) return false
  const same = await Promise.all([...files].map(async ([path, bytes]) =>
    bytes.equals(await readFile(join(target, path)).catch(() => Buffer.alloc(0)))))
  return same.every(Boolean)
}
