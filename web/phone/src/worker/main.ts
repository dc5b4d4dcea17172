// The service worker: notices, and the app without a network.

import { offline } from './offline.ts'
import { notices } from './notices.ts'

offline()
notices()
