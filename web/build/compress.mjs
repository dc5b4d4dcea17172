// Text is packed once, here, and not for every visitor.

import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const TEXT = /\.(html|js|css|svg|webmanifest|txt)$/

/** Every file, and beside each text its `.br` and `.gz`, where they are shorter. */
export function compressed(files) {
  const all = new Map(files)
  for (const [path, bytes] of files) {
    if (!TEXT.test(path)) continue
    const brotli = brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    })
    if (brotli.length < bytes.length) all.set(`${path}.br`, brotli)
    const gzip = gzipSync(bytes, { level: 9 })
    if (gzip.length < bytes.length) all.set(`${path}.gz`, gzip)
  }
  return all
}
