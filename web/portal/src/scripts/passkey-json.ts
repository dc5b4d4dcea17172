// Between the JSON of WebAuthn (Level 3, §5.1) and the browser's own form. Safari 16.4 does not do
// it by itself.

/** What the server wishes: `{ publicKey: … }` with base64url in the place of bytes. */
export interface Wished {
  readonly publicKey?: Record<string, unknown>
}

interface Listed { readonly id: string }

/** The server's wishes for a new passkey. */
export function creation({ publicKey = {} }: Wished): CredentialCreationOptions {
  const user = publicKey['user'] as { id: string }
  return {
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey['challenge'] as string),
      user: { ...user, id: bytes(user.id) },
      excludeCredentials: listed(publicKey['excludeCredentials']),
    } as unknown as PublicKeyCredentialCreationOptions,
  }
}

/** The server's wishes for the use of one. */
export function request({ publicKey = {} }: Wished): CredentialRequestOptions {
  return {
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey['challenge'] as string),
      allowCredentials: listed(publicKey['allowCredentials']),
    } as unknown as PublicKeyCredentialRequestOptions,
  }
}

/** A new passkey, for the server. */
export function created(credential: PublicKeyCredential): object {
  const response = credential.response as AuthenticatorAttestationResponse
  const { clientDataJSON, attestationObject } = response
  const transports = response.getTransports?.() ?? []
  return {
    ...common(credential),
    response: { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject), transports },
  }
}

/** The use of one, for the server. */
export function got(credential: PublicKeyCredential): object {
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response as AuthenticatorAssertionResponse
  return {
    ...common(credential),
    response: {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle === null ? null : text(userHandle),
    },
  }
}

function common(credential: PublicKeyCredential): object {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
  }
}

function listed(list: unknown): object[] {
  return ((list ?? []) as Listed[]).map(one => ({ ...one, id: bytes(one.id) }))
}

/** The bytes of a base64url text. */
export function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, letter => letter.charCodeAt(0))
}

/** The base64url text of bytes, without padding. */
export function text(buffer: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(buffer))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
