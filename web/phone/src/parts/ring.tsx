import { words } from '../app/words.ts'

/** A countdown: seconds as a number in a ring that empties. The change itself is not announced. */
export function Ring({ left, of, late = false }: { left: number; of: number; late?: boolean }) {
  // The app's clock stands still between seconds: what has just begun has no more than all of it.
  const seconds = Math.max(0, Math.ceil(Math.min(left, of)))
  const share = of > 0 ? Math.round(Math.min(1, seconds / of) * 100) : 0
  const shown = of > 60 ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` : String(seconds)
  return (
    <span class="ringed" role="timer" aria-label={words.secondsLeft(seconds)}>
      <svg class={late ? 'ring late' : 'ring'} viewBox="0 0 36 36" aria-hidden="true">
        <circle cx="18" cy="18" r="15" />
        {share > 0 && <circle cx="18" cy="18" r="15" pathLength="100" stroke-dasharray={`${share} 100`} />}
      </svg>
      <span aria-hidden="true">{shown}</span>
    </span>
  )
}
