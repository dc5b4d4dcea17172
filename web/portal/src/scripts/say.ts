/** Has a screen reader say something once it is silent. The region is in every page's layout. */
export function say(text: string): void {
  const live = document.getElementById('live')
  if (live === null) return
  // The same words again are said again only when the region was empty between.
  live.textContent = ''
  setTimeout(() => { live.textContent = text }, 50)
}
