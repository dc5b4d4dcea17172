// RFC 9421 signatures in AuthX's one profile: docs/protocol.md, "Signatures".

import { type Bytes, base64, base64url, sha256, utf8 } from './bytes.ts'
import { sign } from './keys.ts'

/** What is signed of a request. */
export interface Signable {
  readonly method: string
  readonly url: URL
  readonly body: Bytes
  /** NAME/VERSION of the caller. */
  readonly client: string
}

const COMPONENTS = '("@method" "@authority" "@path" "@query" "content-digest" "authx-client")'

/** The three headers of a signed request, and `AuthX-Client`. */
export async function signedHeaders(
  request: Signable, keyid: string, key: CryptoKeyPair, createdSecs: number,
  nonce: Uint8Array = crypto.getRandomValues(new Uint8Array(16)),
): Promise<Record<string, string>> {
  const digest = await contentDigest(request.body)
  const parameters = parametersOf(keyid, createdSecs, nonce)
  const signature = await sign(key, utf8(signatureBase(request, digest, parameters)))
  return {
    'authx-client': request.client,
    'content-digest': digest,
    'signature-input': `authx=${parameters}`,
    signature: `authx=:${base64(signature)}:`,
  }
}

export async function contentDigest(body: Bytes): Promise<string> {
  return `sha-256=:${base64(await sha256(body))}:`
}

export function parametersOf(keyid: string, createdSecs: number, nonce: Uint8Array): string {
  return `${COMPONENTS};created=${createdSecs};nonce="${base64url(nonce)}";keyid="${keyid}";` +
    'alg="ecdsa-p256-sha256";tag="authx-phone-1"'
}

export function signatureBase({ method, url, client }: Signable, digest: string, parameters: string): string {
  return [
    `"@method": ${method}`,
    // `host` is in lower case and leaves the scheme's own port out, as the profile wants it.
    `"@authority": ${url.host}`,
    `"@path": ${url.pathname}`,
    `"@query": ${url.search === '' ? '?' : url.search}`,
    `"content-digest": ${digest}`,
    `"authx-client": ${client}`,
    `"@signature-params": ${parameters}`,
  ].join('\n')
}
