import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { signal } from '@preact/signals'
import type { Link, Phone } from '../core/index.ts'

export const PhoneContext = createContext<Phone | undefined>(undefined)

/** The authenticator below the screens. */
export function usePhone(): Phone {
  const phone = useContext(PhoneContext)
  if (phone === undefined) throw new Error('no phone above this screen')
  return phone
}

/** What was scanned or typed in the app; it goes the way of a link that opened it. */
export const entered = signal<Extract<Link, { token: string }> | undefined>(undefined)
