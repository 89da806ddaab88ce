// The one run of synchronisation there may be, and what still waits. The badge, the outbox and the records look here.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

import { type SyncRun, useBackend } from '@/backend'
import { asBackendError, type BackendError } from '@/backend/error'
import type { SyncProgress, SyncReport } from '@/gen'
import { useSession } from '@/session/store'

export const useSync = defineStore('sync', () => {
  const backend = useBackend()
  const session = useSession()
  const run = shallowRef<SyncRun | null>(null)
  const progress = ref<SyncProgress | null>(null)
  const report = ref<SyncReport | null>(null)
  const fault = shallowRef<BackendError | null>(null)

  const waiting = computed(() => session.view?.waiting_records ?? 0)
  /** What the badge says. Green (`clear`) only when nothing waits for a receipt. */
  const state = computed<'running' | 'failed' | 'waiting' | 'clear'>(() => {
    if (run.value) return 'running'
    if (fault.value || (report.value?.errors.length ?? 0) > 0) return 'failed'
    return waiting.value > 0 ? 'waiting' : 'clear'
  })

  async function start(): Promise<void> {
    if (run.value) return
    progress.value = null
    fault.value = null
    run.value = backend.sync((now) => (progress.value = now))
    try {
      report.value = await run.value.done
    } catch (error) {
      fault.value = asBackendError(error)
    } finally {
      run.value = null
      await session.read().catch(() => undefined)
    }
  }

  async function cancel(): Promise<void> {
    await run.value?.cancel()
  }

  return { progress, report, fault, waiting, state, isRunning: computed(() => run.value !== null), start, cancel }
})
