import type { ComponentChildren } from 'preact'

/** A list of facts. */
export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>
}

/** One fact: word, value, and what is known beside it. */
export function Fact({ word, children }: { word: string; children: ComponentChildren }) {
  return <div><dt>{word}</dt><dd>{children}</dd></div>
}
