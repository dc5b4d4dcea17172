// The worker's own global.

export const worker = globalThis as unknown as ServiceWorkerGlobalScope
