// The screens over a mock: `/?scene=request,verify#codes`.

import { render } from 'preact'
import { Sprite } from 'authx:icons'
import { App } from '../src/app/app.tsx'
import { PhoneContext } from '../src/app/context.ts'
import { Broken, Opening } from '../src/screens/special.tsx'
import { Problem } from '../src/core/index.ts'
import { mockPhone } from './mock.ts'

const scene = new URLSearchParams(location.search).get('scene') ?? ''
const place = document.getElementById('app') ?? document.body
const phone = mockPhone(scene)
Object.assign(window, { mock: phone })
if (scene === 'opening') render(<><Sprite /><Opening /></>, place)
else if (scene === 'broken') render(<><Sprite /><Broken thrown={new Problem('no_storage')} /></>, place)
else render(<><Sprite /><PhoneContext.Provider value={phone}><App /></PhoneContext.Provider></>, place)
