// The page of the browser tests: what is below the screens, in reach of the test.

import { start } from '../../src/core/index.ts'

const target = globalThis as { phone?: unknown; late?: unknown }
target.late = () => import('../../src/core/scanner.ts')
target.phone = await start()
document.body.dataset['ready'] = ''
