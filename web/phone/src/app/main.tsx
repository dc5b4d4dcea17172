// The page's entry.

import { render } from 'preact'
import { Sprite } from 'authx:icons'
import { start } from '../core/index.ts'
import { Broken, Opening } from '../screens/special.tsx'
import { App } from './app.tsx'
import { PhoneContext } from './context.ts'

const place = document.getElementById('app') ?? document.body

render(<><Sprite /><Opening /></>, place)
start().then(
  phone => render(<><Sprite /><PhoneContext.Provider value={phone}><App /></PhoneContext.Provider></>, place),
  (thrown: unknown) => render(<><Sprite /><Broken thrown={thrown} /></>, place),
)
