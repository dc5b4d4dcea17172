// Four words of a digest. Late: the list has 2,048 words, needed at enrolment only.

import { wordlist } from '@scure/bip39/wordlists/english.js'

/** The first 44 bits as four words of the English BIP 39 list. */
export function fourWords(digest: Uint8Array): string[] {
  const bits = [...digest.slice(0, 6)].reduce((sum, octet) => sum * 256 + octet, 0)
  const first44 = Math.floor(bits / 16)
  return [3, 2, 1, 0].map(place => wordlist[Math.floor(first44 / 2_048 ** place) % 2_048] ?? '')
}
