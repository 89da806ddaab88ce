// The one run of synchronisation there may be, and what still waits. The badge, the outbox and the records look here.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'

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

  /** Records set aside wait for a person, not for a run: the session does not count them, but nothing is green above them. */
  const aside = ref(0)
  async function look(): Promise<void> {
    const status = session.person ? await backend.status().catch(() => null) : null
    if (status) aside.value = status.records.quarantined
  }
  watch(() => session.person?.id, look, { immediate: true })

  const waiting = computed(() => session.view?.waiting_records ?? 0)
  /** What the badge says. Green (`clear`) only when nothing waits for a receipt. */
  const state = computed<'running' | 'failed' | 'waiting' | 'clear'>(() => {
    if (run.value) return 'running'
    if (fault.value || aside.value > 0 || (report.value?.errors.length ?? 0) > 0) return 'failed'
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
      await Promise.all([session.read().catch(() => undefined), look()])
    }
  }

  async function cancel(): Promise<void> {
    await run.value?.cancel()
  }

  /** The person has read what went wrong; what it left waiting still shows. */
  function forget(): void {
    fault.value = null
  }

  return { aside, progress, report, fault, waiting, state, isRunning: computed(() => run.value !== null), start, cancel, forget }
})
