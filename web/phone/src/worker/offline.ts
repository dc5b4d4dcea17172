// Keeps the app whole. A page load is answered from what is kept, page and files of one version; a
// newer version is fetched beside it, checked against its list, and takes its place when all of it
// is there. So neither a server that is away nor half a deployment leaves anybody without codes.

import { files, state } from 'authx:files'
import { worker } from './scope.ts'

const CACHE = `authx-${state}`
const PAGE = '/'

export function offline(): void {
  worker.addEventListener('install', event => event.waitUntil(install()))
  worker.addEventListener('activate', event => event.waitUntil(activate()))
  worker.addEventListener('fetch', event => {
    const { request } = event
    const url = new URL(request.url)
    if (request.method !== 'GET' || url.origin !== worker.location.origin) return
    if (request.mode === 'navigate' && url.pathname === PAGE) event.respondWith(page(request))
    else if (!url.pathname.startsWith('/phone/v1/')) event.respondWith(file(request))
  })
}

/** All or nothing: with one file missing or wrong the old app stays. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE)
  const there = new Set((await cache.keys()).map(request => new URL(request.url).pathname))
  // Files that an older version kept already are the same files.
  await Promise.all(files.filter(([path]) => !there.has(path)).map(async ([path, integrity]) => {
    const kept = path === PAGE ? undefined : await caches.match(path)
    await cache.put(path, kept ?? await fetched(path, integrity))
  }))
  await worker.skipWaiting()
}

async function fetched(path: string, integrity: string): Promise<Response> {
  const answer = await fetch(path, { cache: 'reload', integrity, credentials: 'omit' })
  if (!answer.ok || answer.redirected) throw new Error(`${path}: ${answer.status}`)
  return answer
}

/** The version before stays too: a page that is still open loads its late files from it. */
async function activate(): Promise<void> {
  const old = (await caches.keys()).filter(name => name.startsWith('authx-') && name !== CACHE)
  await Promise.all(old.slice(0, -1).map(name => caches.delete(name)))
  await worker.clients.claim()
}

/** The browser asks for a newer worker by itself after each page load. */
async function page(request: Request): Promise<Response> {
  const kept = await (await caches.open(CACHE)).match(PAGE)
  return kept ?? fetch(request)
}

async function file(request: Request): Promise<Response> {
  return await caches.match(request, { ignoreSearch: true }) ?? fetch(request)
}
