// What kind of device this is, as far as words depend on it.

/** A computer: a mouse, and no phone in the name. There the page only leads to the phone. */
export function onComputer(): boolean {
  const agent = navigator.userAgent
  return !/Android|iPhone|iPad|Mobile/.test(agent) && !matchMedia('(pointer: coarse)').matches
}

/** Whether the request screen has room for its own digits; phone.css has the same limit. */
export const tall: MediaQueryList = matchMedia('(min-height: 46.01rem)')
