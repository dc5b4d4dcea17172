// A new account in the app: scan the QR code, or type the eight characters.

import { useEffect, useRef, useState } from 'preact/hooks'
import { isProblem, readEntered } from '../core/index.ts'
import type { Scanner } from '../core/scanner.ts'
import { entered } from '../app/context.ts'
import { goInstead } from '../app/route.ts'
import { words } from '../app/words.ts'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { Back, Screen, Title } from '../parts/frame.tsx'
import { Icon } from '../parts/icon.tsx'
import { Dot } from '../parts/state.tsx'

type CameraTrouble = 'camera_refused' | 'camera_none' | 'camera_busy'

/** Takes what was scanned or typed; false when it is something else. */
function take(text: string): boolean {
  try {
    entered.value = readEntered(text)
    goInstead('#codes')
    return true
  } catch (thrown) {
    if (isProblem(thrown)) return false
    throw thrown
  }
}

export function Scan() {
  const video = useRef<HTMLVideoElement>(null)
  const [trouble, setTrouble] = useState<CameraTrouble>()
  const [cue, setCue] = useState<string>(words.add.starting)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let scanner: Scanner | undefined
    let here = true
    let hint: ReturnType<typeof setTimeout> | undefined
    function found(text: string) {
      if (!here || take(text)) return
      setCue(words.add.other)
      clearTimeout(hint)
      hint = setTimeout(() => setCue(words.add.hint), 4000)
    }
    async function begin() {
      const { scan } = await import('../core/scanner.ts')
      if (video.current === null || !here) return
      const started = await scan(video.current, found)
      if (!here) { started.stop(); return }
      scanner = started
      setCue(words.add.hint)
    }
    begin().catch((thrown: unknown) => {
      if (here) setTrouble(isProblem(thrown, 'camera_refused', 'camera_busy') ? thrown.code as CameraTrouble : 'camera_none')
    })
    return () => { here = false; clearTimeout(hint); scanner?.stop() }
  }, [attempt])
  if (trouble !== undefined) {
    return <NoCamera trouble={trouble} onAgain={() => { setTrouble(undefined); setCue(words.add.starting); setAttempt(attempt + 1) }} />
  }
  return (
    <Screen
      title={words.add.title} frame="phone lens" bar={<a class="btn" href="#codes">{words.add.stop}</a>}
      dock={<><p class="dim small center">{words.add.noPicture}</p><a class="btn" href="#add/type">{words.add.type}</a></>}
    >
      <Title class="center">{words.add.title}</Title>
      <div class="finder">
        <video ref={video} playsInline muted aria-label={words.add.picture} />
        <svg viewBox="0 0 60 80" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
          <path d="M12 30v-5a3 3 0 0 1 3-3h5M40 22h5a3 3 0 0 1 3 3v5M48 50v5a3 3 0 0 1-3 3h-5M20 58h-5a3 3 0 0 1-3-3v-5" />
        </svg>
        <p class="cue" role="status">{cue}</p>
      </div>
    </Screen>
  )
}

/** Pages of their own, each with the way out. */
function NoCamera({ trouble, onAgain }: { trouble: CameraTrouble; onAgain: () => void }) {
  const text = {
    camera_refused: [words.add.refusedTitle, words.add.refusedBody],
    camera_none: [words.add.noneTitle, words.add.noneBody],
    camera_busy: [words.add.busyTitle, words.add.busyBody],
  }[trouble]
  return (
    <Screen
      title={text[0] ?? ''} bar={<Back to="#codes" />}
      dock={<><a class="btn main" href="#add/type">{words.add.type}</a>{trouble !== 'camera_none' && <Button onClick={onAgain}>{words.tryAgain}</Button>}</>}
    >
      <Dot big icon="#i-camera-off" />
      <Title>{text[0]}</Title>
      <p class="dim">{text[1]}</p>
    </Screen>
  )
}

export function TypeCode() {
  const [code, setCode] = useState('')
  const [wrong, setWrong] = useState<string>()
  function submit(event: Event) {
    event.preventDefault()
    setWrong(undefined)
    if (!take(code)) setTimeout(() => setWrong(words.add.wrong(code.trim())))
  }
  return (
    <form onSubmit={submit}>
      <Screen title={words.add.typeTitle} bar={<Back to="#codes" />} dock={<><Button kind="main" type="submit">{words.add.go}</Button><a class="btn quiet" href="#add"><Icon is="#i-qr-code" />{words.add.scan}</a></>}>
        <Title>{words.add.typeTitle}</Title>
        <p class="dim">{words.add.typeBody}</p>
        <Field code label={words.add.label} value={code} onInput={setCode} help={words.add.help} error={wrong} name="invitation" />
      </Screen>
    </form>
  )
}
