// Bytes and their texts.

export type Bytes = Uint8Array<ArrayBuffer>

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text) as Bytes
}

/** base64url without padding. */
export function base64url(bytes: ArrayBuffer | Uint8Array): string {
  return base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

export function base64(bytes: ArrayBuffer | Uint8Array): string {
  const octets = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
  let text = ''
  for (const octet of octets) text += String.fromCharCode(octet)
  return btoa(text)
}

/** The bytes of base64url, with or without padding; absent when the text is none. */
export function fromBase64url(text: string): Bytes | undefined {
  if (!/^[\w-]*={0,2}$/.test(text)) return undefined
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')), c => c.charCodeAt(0))
  } catch {
    return undefined
  }
}

export function joined(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new id: the prefix, and a UUIDv7 (RFC 9562 §5.7) of that time in Crockford's base32. */
export function newId(prefix: string, atMs: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const view = new DataView(bytes.buffer)
  view.setUint16(0, Math.floor(atMs / 2 ** 32))
  view.setUint32(2, atMs % 2 ** 32)
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f))
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f))
  let rest = (view.getBigUint64(0) << 64n) | view.getBigUint64(8)
  let text = ''
  for (let i = 0; i < 26; i += 1) {
    text = CROCKFORD.charAt(Number(rest & 31n)) + text
    rest >>= 5n
  }
  return `${prefix}_${text}`
}
