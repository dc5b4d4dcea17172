import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks'
import { words } from '../app/words.ts'
import { Icon } from './icon.tsx'

interface ScreenProps {
  /** Begins the page's title, by which a screen is found among windows. */
  title: string
  bar: ComponentChildren
  children: ComponentChildren
  dock?: ComponentChildren
  /** `two`: the first answer over two others. */
  dockClass?: string
  tab?: 'codes' | 'history' | 'settings'
  frame?: string
  /** Where focus goes when it changes; the first heading has `data-focus`. */
  focusKey?: string
}

/** False until the first screen stands: a page that was just opened keeps the browser's own focus. */
let moved = false

/** A screen: bar, main, and either the tab bar or a dock. Its heading gets the focus. */
export function Screen({ title, bar, children, dock, dockClass = 'dock', tab, frame = 'phone', focusKey = title }: ScreenProps) {
  const root = useRef<HTMLDivElement>(null)
  const id = useId()
  useEffect(() => {
    // What lies under a request gets its title back.
    const before = document.title
    document.title = `${title} · AuthX`
    return () => { document.title = before }
  }, [title])
  useLayoutEffect(() => {
    if (moved) {
      root.current?.querySelector<HTMLElement>('[data-focus]')?.focus({ preventScroll: true })
      scrollTo(0, 0)
    }
    moved = true
  }, [focusKey])
  return (
    <div class={frame} ref={root}>
      <a class="skip" href={`#${id}`} onClick={event => { event.preventDefault(); document.getElementById(id)?.focus() }}>{words.skip}</a>
      <header class="bar">{bar}</header>
      <main id={id} tabIndex={-1}>{children}</main>
      {dock !== undefined && <footer class={dockClass}>{dock}</footer>}
      {tab !== undefined && <TabBar at={tab} />}
    </div>
  )
}

/** The title of a screen, and where its focus starts. */
export function Title({ children, id, class: cls }: { children: ComponentChildren; id?: string; class?: string }) {
  return <h1 id={id} class={cls} tabIndex={-1} data-focus>{children}</h1>
}

/** The way back: a link where it goes somewhere, a button where it undoes a step. */
export function Back({ to, onClick, label = words.back }: { to?: string; onClick?: () => void; label?: string }) {
  if (to === undefined) {
    return <button class="btn quiet back" type="button" onClick={onClick} aria-label={label}><Icon is="#i-arrow-left" /></button>
  }
  return <a class="btn quiet back" href={to} aria-label={label}><Icon is="#i-arrow-left" /></a>
}

function TabBar({ at }: { at: 'codes' | 'history' | 'settings' }) {
  return (
    <nav class="tabbar" aria-label={words.mainNavigation}>
      <a href="#codes" aria-current={at === 'codes' ? 'page' : undefined}><Icon is="#i-key-round" />{words.codes.title}</a>
      <a href="#history" aria-current={at === 'history' ? 'page' : undefined}><Icon is="#i-history" />{words.history.title}</a>
      <a href="#settings" aria-current={at === 'settings' ? 'page' : undefined}><Icon is="#i-settings" />{words.settings.title}</a>
    </nav>
  )
}
