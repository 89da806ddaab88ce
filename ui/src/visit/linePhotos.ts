// The photos of an item. Those of an answered one stand in its answer; one that was photographed before it is answered has them in the
// engine's scratch, where the camera noted them, and gets them with its answer.
import { computed, onMounted, ref } from 'vue'

import { useBackend } from '@/backend'
import type { LineView } from '@/gen'
import { keptPhotos } from '@/photo/keptPhotos'

import { useVisit } from './store'

const keyOf = (visit: string, line: number): string => `photos:line:${visit}:${line}`

/** What the camera and the editor have to know of the item that they are opened for. */
export const photoQuery = (visit: string, line: number): { line: number; keep: string } => ({ line, keep: keyOf(visit, line) })

export function useLinePhotos(line: () => LineView) {
  const backend = useBackend()
  const visit = useVisit()
  const kept = ref<readonly string[]>([])
  onMounted(async () => {
    kept.value = await keptPhotos(backend, keyOf(visit.view?.id ?? '', line().no)).catch(() => [])
  })
  return computed(() => line().answer?.photos ?? kept.value.filter((sha256) => visit.view?.evidence.some((one) => one.sha256 === sha256)))
}
