// Makes one element like another and leaves alone what is the same already, so that focus, selection
// and what is being typed survive a part of the page that renews itself, and a live region says only
// what has changed.

/** What a reader has set, not the server. */
const OWN = new Set(['open', 'aria-busy'])
/** Whether the server wanted a part open when it was last asked. */
const wantedOpen = new WeakMap<Element, boolean>()

/** Changes `from` into `to`. */
export function morph(from: Element, to: Element): void {
  // What is under way belongs to the answer that is awaited.
  if (from.matches('[data-sent]')) return
  opened(from, to)
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !OWN.has(name)) from.removeAttribute(name)
  for (const { name, value } of [...to.attributes])
    if (from.getAttribute(name) !== value && !OWN.has(name)) from.setAttribute(name, value)
  children(from, to)
}

/** A reader opens and closes as they like; the server does where it has changed its mind. */
function opened(from: Element, to: Element): void {
  if (!(from instanceof HTMLDetailsElement)) return
  const wanted = to.hasAttribute('open')
  if (wanted !== (wantedOpen.get(from) ?? false)) from.open = wanted
  wantedOpen.set(from, wanted)
}

function children(from: Element, to: Element): void {
  let at: ChildNode | null = from.firstChild
  for (const fresh of [...to.childNodes]) {
    const same = like(at, fresh)
    if (same === undefined) {
      from.insertBefore(fresh, at)
      continue
    }
    while (at !== null && at !== same) at = removed(at)
    at = same.nextSibling
    if (same instanceof Element) morph(same, fresh as Element)
    else if (same.nodeValue !== fresh.nodeValue) same.nodeValue = fresh.nodeValue
  }
  while (at !== null) at = removed(at)
}

/** The next of the old nodes that can become the new one. */
function like(at: ChildNode | null, fresh: ChildNode): ChildNode | undefined {
  for (let old = at; old !== null; old = old.nextSibling) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) continue
    if (!(old instanceof Element) || (old.id === (fresh as Element).id && old.getAttribute('name') === (fresh as Element).getAttribute('name'))) return old
  }
  return undefined
}

function removed(node: ChildNode): ChildNode | null {
  const next = node.nextSibling
  node.remove()
  return next
}
