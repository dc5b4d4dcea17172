// Icons are symbols of the sprite that the build makes; it finds them by their literal names.

export type IconName = `#i-${string}`

/** Decoration: what it means is said by the words beside it. */
export function Icon({ is }: { is: IconName }) {
  return <svg class="i" aria-hidden="true"><use href={is} /></svg>
}

/** The mark: an X of three strokes and a dot, the fourth arm is the person. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M5 5l14 14M19 5l-5 5" /><circle cx="5.8" cy="18.2" r="3" />
    </svg>
  )
}
