import type { Invitation } from '../core/index.ts'

/** The eight characters that do the same as the link, where the server says them: `K7QF-2M9X`. */
export function shortCode(invitation: Invitation & { readonly short_code?: string }): string | undefined {
  return invitation.short_code
}
