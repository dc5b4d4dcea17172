// What the build makes: see web/build.

/** One symbol for every `#i-name` in the sources. */
declare module 'authx:icons' {
  import type { VNode } from 'preact'
  /** Put once into the page; then `<svg class="i" aria-hidden="true"><use href="#i-copy"/></svg>`. */
  export function Sprite(): VNode
}

declare module 'authx:version' {
  /** As in `AuthX-Client`. */
  export const version: string
}

/** For the worker. */
declare module 'authx:files' {
  /** Names this very state of the files. */
  export const state: string
  /** Paths, and the `sha256-…` of each. */
  export const files: readonly (readonly [path: string, integrity: string])[]
  /** Pictures of notices. */
  export const icon: string
  export const badge: string
}
