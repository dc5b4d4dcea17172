import assert from 'node:assert/strict'
import test from 'node:test'
import { firstDeviceName, platformName } from '../src/core/platform.ts'

const KNOWN: readonly (readonly [agent: string, touch: number, platform: string, name: string])[] = [
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1', 5, 'iOS, Safari', 'iPhone'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15', 5, 'iPadOS, Safari', 'iPad'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15', 0, 'macOS, Safari', 'Mac'],
  ['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36', 5, 'Android, Chrome', 'Android phone'],
  ['Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36', 5, 'Android, Samsung Internet', 'Android phone'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0', 0, 'Windows, Edge', 'Windows computer'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 0, 'Linux, Firefox', 'Linux computer'],
]

test('system and browser in words that an administrator knows', () => {
  for (const [userAgent, maxTouchPoints, platform, name] of KNOWN) {
    assert.equal(platformName({ userAgent, maxTouchPoints }), platform, userAgent)
    assert.equal(firstDeviceName(platform), name)
  }
})
