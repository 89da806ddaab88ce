// Photos that belong to something not stored yet (a finding being written, an unknown asset): their hashes wait in the
// engine's scratch under a key of the asking page, so that neither the way to the camera nor a kill loses them.
import type { Backend } from '@/backend'

export async function keptPhotos(backend: Backend, key: string): Promise<string[]> {
  const text = await backend.scratch(key)
  if (!text) return []
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : []
  } catch {
    return []
  }
}

export async function keepPhoto(backend: Backend, key: string, sha256: string): Promise<void> {
  const list = await keptPhotos(backend, key)
  if (!list.includes(sha256)) await backend.keepScratch(key, JSON.stringify([...list, sha256]))
}

export async function dropPhoto(backend: Backend, key: string, sha256: string): Promise<void> {
  const list = await keptPhotos(backend, key)
  const left = list.filter((one) => one !== sha256)
  if (left.length < list.length) await backend.keepScratch(key, left.length > 0 ? JSON.stringify(left) : null)
}
