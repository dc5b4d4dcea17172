// What the help desk asks for.

import { usePhone } from '../app/context.ts'
import { at, when, whenExactly } from '../app/time.ts'
import { lastTrouble } from '../app/trouble.ts'
import { words } from '../app/words.ts'
import { CopyField } from '../parts/copy.tsx'
import { Fact, Facts } from '../parts/facts.tsx'
import { Back, Screen, Title } from '../parts/frame.tsx'
import { SupportCode } from '../parts/state.tsx'

/** `Chrome 141 on Android`: as much as a help desk needs, as little as that. */
function browser(): string {
  const agent = navigator.userAgent
  const name = /(Firefox|Edg|SamsungBrowser|Chrome|Version)\/(\d+)/.exec(agent)
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(agent)?.[0] ?? ''
  if (name === null) return system
  const shown = name[1] === 'Version' ? 'Safari' : name[1] === 'Edg' ? 'Edge' : name[1]
  return `${shown} ${name[2]}, ${system}`
}

export function Help() {
  const phone = usePhone()
  const now = phone.clock.value
  const last = phone.history.value[0]
  const trouble = lastTrouble.value
  const error = trouble === undefined ? words.help.noError : `${trouble.code}${trouble.status > 0 ? ` (${trouble.status})` : ''}`
  const ids = phone.accounts.value.map(account => account.phone)
  const text = [
    `AuthX ${phone.update.value.version}, ${browser()}`,
    `${words.help.lastRequest}: ${last === undefined ? words.help.none : `${last.support_code}, ${last.at}`}`,
    `${words.help.lastError}: ${error}${trouble === undefined ? '' : `, ${new Date(trouble.at).toISOString()}`}`,
    ...ids,
  ].join('\n')
  return (
    <Screen title={words.help.title} bar={<Back to="#settings" label={words.settings.to} />}>
      <Title>{words.help.title}</Title>
      <p class="dim">{words.help.body}</p>
      <Facts>
        <Fact word={words.facts.support}>
          {last === undefined ? words.help.none : <><SupportCode code={last.support_code} /><small>{words.help.lastRequest}: {last.application.name}, {when(at(last.at), now)}</small></>}
        </Fact>
        <Fact word={words.facts.error}>{error}{trouble !== undefined && <small>{whenExactly(trouble.at, now)}{trouble.supportCode !== undefined && <> <SupportCode code={trouble.supportCode} /></>}</small>}</Fact>
        <Fact word={words.help.version}>{phone.update.value.version}<small>{browser()}</small></Fact>
        {phone.server.value !== undefined && <Fact word={words.facts.server}>{phone.server.value.name}<small>AuthX {phone.server.value.version}</small></Fact>}
      </Facts>
      <CopyField tall label={words.help.label} value={text} />
    </Screen>
  )
}
