// Protocol buffers, as much of them as Chromium's push service needs.

/** @typedef {[field: number, value: bigint | number | string | Uint8Array | { fixed64: bigint }]} Field */

/** @param {bigint | number} number */
export function varint(number) {
  const bytes = []
  let rest = BigInt(number)
  do {
    const low = Number(rest & 127n)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 128 : low)
  } while (rest > 0n)
  return Buffer.from(bytes)
}

/** @param {Field[]} fields @returns {Buffer} */
export function encode(fields) {
  const parts = fields.flatMap(([field, value]) => {
    if (typeof value === 'bigint' || typeof value === 'number') return [varint(field << 3), varint(value)]
    if (typeof value === 'object' && 'fixed64' in value) {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(value.fixed64)
      return [varint((field << 3) | 1), bytes]
    }
    const bytes = Buffer.from(value)
    return [varint((field << 3) | 2), varint(bytes.length), bytes]
  })
  return Buffer.concat(parts)
}

/**
 * The number at a place and the place after it; undefined when bytes are missing.
 * @param {Buffer} bytes @param {number} at @returns {[bigint, number] | undefined}
 */
export function readVarint(bytes, at) {
  let number = 0n
  for (let shift = 0n; at < bytes.length; shift += 7n) {
    const byte = bytes[at++]
    number |= BigInt(byte & 127) << shift
    if (byte < 128) return [number, at]
  }
  return undefined
}

/** Numbers come as bigint, everything else as bytes. @param {Buffer} bytes */
export function decode(bytes) {
  /** @type {Map<number, (bigint | Buffer)[]>} */
  const fields = new Map()
  const must = (/** @type {number} */ at) => {
    const read = readVarint(bytes, at)
    if (!read) throw new Error('a message that ends too early')
    return read
  }
  for (let at = 0; at < bytes.length;) {
    let tag, value
    ;[tag, at] = must(at)
    switch (Number(tag & 7n)) {
      case 0:
        ;[value, at] = must(at)
        break
      case 1:
        value = bytes.readBigUInt64LE(at)
        at += 8
        break
      case 2: {
        let length
        ;[length, at] = must(at)
        value = bytes.subarray(at, at + Number(length))
        at += Number(length)
        break
      }
      case 5:
        value = BigInt(bytes.readUInt32LE(at))
        at += 4
        break
      default:
        throw new Error(`wire type ${tag & 7n}`)
    }
    const field = Number(tag >> 3n)
    fields.set(field, [...(fields.get(field) ?? []), value])
  }
  return fields
}
