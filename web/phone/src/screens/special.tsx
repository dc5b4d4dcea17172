// Pages that stand in the place of the app.

import { isProblem } from '../core/index.ts'
import { usePhone } from '../app/context.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { Screen, Title } from '../parts/frame.tsx'
import { Mark } from '../parts/icon.tsx'
import { Dot } from '../parts/state.tsx'

const brand = <span class="brand"><Mark />AuthX</span>

export function Opening() {
  return (
    <div class="phone">
      <header class="bar">{brand}</header>
      <main><h1 class="sr">{words.opening}</h1><p class="row dim" role="status"><span class="live" aria-hidden="true" />{words.opening}</p></main>
    </div>
  )
}

/** The store did not open: nothing of the app would work. */
export function Broken({ thrown }: { thrown: unknown }) {
  const text = isProblem(thrown) ? words.problem(thrown) : { title: words.broken.title, advice: words.broken.help }
  return (
    <Screen title={text.title} bar={brand} dock={<Button kind="main" onClick={() => location.reload()}>{words.broken.reload}</Button>}>
      <Dot big tone="warn" icon="#i-triangle-alert" />
      <Title>{text.title}</Title>
      <p class="dim">{text.advice}</p>
    </Screen>
  )
}

/** The server asks for a newer app. Codes stay within reach: they need no server. */
export function TooOld({ onCodes }: { onCodes: () => void }) {
  const phone = usePhone()
  return (
    <Screen title={words.update.oldTitle} bar={brand} dock={<><Button kind="main" onClick={() => phone.applyUpdate()}>{words.update.load}</Button><Button kind="quiet" onClick={onCodes}>{words.update.codes}</Button></>}>
      <Dot big icon="#i-refresh-cw" />
      <Title>{words.update.oldTitle}</Title>
      <p class="dim">{words.update.oldBody}</p>
    </Screen>
  )
}
